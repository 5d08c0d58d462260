import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { messageOf } from '../core/errors.ts';
import { parseDuration } from '../core/units.ts';

/** The options of harness/run.ts. */
export function runCommand() {
  return new Command('harness/run.ts')
    .description(
      'Measures the servers of a scenario over its grid of concurrencies, and renders the report.\n\n' +
        'Results go to results/<scenario>/<run>/, the report to reports/<scenario>.md.',
    )
    .option('--scenario <name|file>', 'scenario to run: a name of --list, or a TypeScript file')
    .option('--list', 'list the scenarios, loads and hosts that there are')
    .option('--dry-run', 'print the plan and how long it takes; measure nothing')
    .option('--quick', 'the whole grid in about 3 minutes: short windows, few repeats')
    .option(
      '--fidelity <name>',
      '"seed": single runs of 30 s under the webbench model, as the seed made them',
      seedOnly,
    )
    .option('--variants <ids>', 'only these variants, separated by commas', listOf(identity))
    .option('--concurrency <numbers>', 'these concurrencies instead, such as 1,5,10', listOf(wholeNumber))
    .option('--repeats <n>', 'repeats of each cell', wholeNumber)
    .option('--duration <time>', 'measured window of each timed repeat, such as 500ms or 3s', duration)
    .option('--load <name>', 'load generator: a name of --list')
    .option(
      '--tool-path <load=path>',
      "where a load's tool is, if not on PATH, such as wrk=/opt/wrk/wrk; can be given several times",
      toolPath,
    )
    .option('--hosts <kind>', 'netns (network namespaces) or loopback')
    .option(
      '--seed <n>',
      'seed of the random order of repeats (default: drawn, and kept in the manifest)',
      seedNumber,
    )
    .option('--out <dir>', 'write results/ and reports/ below this directory instead')
    .option('--json', 'print the outcome as JSON on standard output; progress goes to standard error')
    .helpOption('-h, --help', 'print this help')
    .allowExcessArguments(false)
    .showHelpAfterError('(see: npx tsx harness/run.ts --help)')
    .addHelpText(
      'after',
      `
Exit code: 0 all repeats measured; 1 some failed (they are named); 2 bad input; 130 interrupted.

Examples:
  npx tsx harness/run.ts --scenario single-core --quick
  npx tsx harness/run.ts --scenario single-core --variants blocking-serial --concurrency 5,10 --repeats 3
  npx tsx harness/run.ts --scenario dual-core --load processes --dry-run`,
    );
}

export type RunOptions = ReturnType<ReturnType<typeof runCommand>['opts']>;

const identity = (text: string): string => text;

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a whole number from 1 on.`);
  return Number(text);
}

function seedNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a whole number from 0 on.`);
  return Number(text) | 0;
}

function seedOnly(text: string): 'seed' {
  if (text !== 'seed') throw new InvalidArgumentError(`"${text}" is unknown; the only fidelity is "seed".`);
  return text;
}

function toolPath(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const [, load, path] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (load === undefined || path === undefined)
    throw new InvalidArgumentError('write the name of a load, "=" and a path.');
  return { ...earlier, [load]: path };
}

function listOf<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => {
    const parts = text.split(',').map((part) => part.trim());
    if (parts.some((part) => part === ''))
      throw new InvalidArgumentError('separate the values by single commas.');
    if (new Set(parts).size !== parts.length) throw new InvalidArgumentError('a value is there twice.');
    return parts.map(parse);
  };
}

function duration(text: string): number {
  try {
    return parseDuration(text, '--duration');
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}
