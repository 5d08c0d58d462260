import { Command } from '@commander-js/extra-typings';
import { commonExitCodes, printing } from './command-line.ts';
import { directoryOf } from './find-run.ts';
import { verifyRun, type Verified } from './verify-run.ts';
import { shownPath } from '../effects/shown-path.ts';

const exitCodes = { ...commonExitCodes, differs: 1 } as const;

/** The options of harness/verify.ts. */
export function verifyCommand() {
  return new Command('harness/verify.ts')
    .description(
      'Parses the raw output of a run again and holds every figure against it: each record, each table, the hashes ' +
        'of the programs, and what client, server and kernel counted. Measures and writes nothing.',
    )
    .argument('<run...>', 'directories of runs, results/<scenario>/<run>, or scenarios, for their newest run')
    .option('--results <dir>', 'directory of the results', 'results')
    .option('--json', 'print what was found as JSON, one line a run')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(see: npx tsx harness/verify.ts --help)')
    .addHelpText(
      'after',
      `
Exit code: 0 everything holds; 1 something does not; 2 bad input.

Example:
  npx tsx harness/verify.ts single-core`,
    );
}

/** The command line of harness/verify.ts; resolves with the exit code and never exits itself. */
export const main = (args: readonly string[]): Promise<number> =>
  printing(async () => {
    const command = verifyCommand().exitOverride();
    command.parse([...args], { from: 'user' });
    const [names] = command.processedArgs;
    const { results, json } = command.opts();
    let holds = true;
    for (const name of names) {
      const directory = await directoryOf(name, results);
      const found = await verifyRun(directory);
      const place = shownPath(directory);
      for (const line of json ? [asJson(place, found)] : asText(place, found)) console.log(line);
      holds &&= isWhole(found);
    }
    return holds ? exitCodes.ok : exitCodes.differs;
  });

const isWhole = (found: readonly Verified[]): boolean => found.every(({ damage }) => damage.length === 0);

const asJson = (run: string, checks: readonly Verified[]): string =>
  JSON.stringify({ run, holds: isWhole(checks), checks });

/** So many lines of one check are shown, then how many more there are; --json has them all. */
const mostLines = 12;

function asText(run: string, found: readonly Verified[]): string[] {
  return [
    `${run}: ${summaryOf(found)}`,
    ...found.flatMap(({ what, checked, hold, notes, damage }) => [
      `  ${hold} of ${checked} ${what}`,
      ...shortened(notes).map((text) => `      ${text}`),
      ...shortened(damage.map(({ file, text }) => `${file}: ${text}`)).map((text) => `    ✗ ${text}`),
    ]),
  ];
}

function summaryOf(found: readonly Verified[]): string {
  if (!isWhole(found)) return 'something does not hold';
  return found.some(({ partly }) => partly) ? 'what can be recomputed holds' : 'everything holds';
}

function shortened(lines: readonly string[]): string[] {
  const more = lines.length - mostLines;
  return [...lines.slice(0, mostLines), ...(more > 0 ? [`and ${more} more`] : [])];
}
