import { join, resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { projectRoot } from '../effects/machine.ts';
import { shownPath } from '../effects/shown-path.ts';
import { commonExitCodes, printing } from './command-line.ts';
import { mergeRuns } from './merge-runs.ts';

/** The options of harness/merge.ts. */
export function mergeCommand() {
  return new Command('harness/merge.ts')
    .description(
      'Joins the shards of a plan (harness/run.ts --shard i/n) into one run, and renders its report. Measures nothing ' +
        'and leaves the shards as they are.',
    )
    .argument('<run...>', 'directories of the shards: results/<scenario>/<run>')
    .option('--out <dir>', 'write results/ and reports/ below this directory instead')
    .option('--partial', 'also where shards are missing, or ended early')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(see: npx tsx harness/merge.ts --help)')
    .addHelpText(
      'after',
      `
Exit code: 0 joined; 2 bad input, such as shards that do not belong together.

Example:
  npx tsx harness/merge.ts shard-*/results/single-core/* --out merged`,
    );
}

/** The command line of harness/merge.ts; resolves with the exit code and never exits itself. */
export const main = (args: readonly string[]): Promise<number> =>
  printing(async () => {
    const command = mergeCommand().exitOverride();
    command.parse([...args], { from: 'user' });
    const [names] = command.processedArgs;
    const { out, partial } = command.opts();
    const base = resolve(out ?? projectRoot);
    const resultsDir = join(base, 'results');
    const directories = names.map((name) => resolve(name));
    const { directory, of, missing, unfinished } = await mergeRuns(directories, resultsDir, partial === true);
    // Not at the start: drawing charts takes as long to load as everything else together.
    const { renderReports } = await import('./render-reports.ts');
    const { pages } = await renderReports({
      resultsDir,
      reportsDir: join(base, 'reports'),
      runDirs: [directory],
    });
    console.log(`joined ${names.length} of ${of} shards`);
    if (missing.length > 0) console.log(`missing: ${missing.map((index) => `${index}/${of}`).join(', ')}`);
    for (const name of unfinished) console.log(`ended early: ${name}`);
    console.log(`results: ${shownPath(directory)}`);
    console.log(`report:  ${pages.map(shownPath).join(', ')}`);
    return commonExitCodes.ok;
  });
