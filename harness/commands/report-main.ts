import { Command } from '@commander-js/extra-typings';
import { UserError } from '../core/errors.ts';
import { shownPath } from '../effects/shown-path.ts';
import type { ReportOptions } from './analysed-runs.ts';
import { commonExitCodes, printing } from './command-line.ts';
import { writeJobSummary } from './job-summary.ts';
import { checkReports, renderReports } from './render-reports.ts';

const exitCodes = { ...commonExitCodes, differs: 1 } as const;

/** The options of harness/report.ts. */
export function reportCommand() {
  return new Command('harness/report.ts')
    .description(
      'Renders the reports from the results: a page for each scenario and load from its newest run, an index of ' +
        'all runs, and the CSV tables beside each journal. Measures nothing.',
    )
    .argument('[run-dir...]', 'only the pages and tables of these runs: results/<scenario>/<run>')
    .option('--results <dir>', 'directory of the results', 'results')
    .option('--reports <dir>', 'directory of the reports', 'reports')
    .option('--check', 'write nothing; say which files would change, and exit with 1 if any would')
    .option(
      '--summary <file>',
      'write no report, but append a summary of the newest of the runs to this file, for "$GITHUB_STEP_SUMMARY"',
    )
    .option('--scenario <name>', 'only the pages and tables of this scenario')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(see: npx tsx harness/report.ts --help)')
    .addHelpText('after', '\nExit code: 0 done; 1 files differ (--check); 2 bad input.');
}

/** The command line of harness/report.ts; resolves with the exit code and never exits itself. */
export const main = (args: readonly string[]): Promise<number> =>
  printing(async () => {
    const command = reportCommand().exitOverride();
    command.parse([...args], { from: 'user' });
    const [runDirs] = command.processedArgs;
    const { results, reports, check, scenario, summary } = command.opts();
    if (runDirs.length > 0 && scenario !== undefined) {
      throw new UserError('run directories and --scenario exclude each other', 'leave one of them out');
    }
    if (check === true && summary !== undefined) {
      throw new UserError('--check and --summary exclude each other', 'leave one of them out');
    }
    const options: ReportOptions = {
      resultsDir: results,
      reportsDir: reports,
      ...(runDirs.length > 0 ? { runDirs } : {}),
      ...(scenario === undefined ? {} : { scenario }),
    };
    if (summary !== undefined) return await summariseAndSay(options, summary);
    return await (check === true ? checkAndSay(options) : renderAndSay(options));
  });

async function renderAndSay(options: ReportOptions): Promise<number> {
  const { written, removed, pages } = await renderReports(options);
  for (const path of written) console.log(`wrote ${shownPath(path)}`);
  for (const path of removed) console.log(`removed ${shownPath(path)}`);
  if (written.length + removed.length === 0) console.log('nothing to change');
  console.log(`pages: ${pages.map(shownPath).join(', ')}`);
  return exitCodes.ok;
}

async function summariseAndSay(options: ReportOptions, file: string): Promise<number> {
  const { runDir, bytes } = await writeJobSummary(options, file);
  console.log(`appended the summary of ${shownPath(runDir)} to ${file}: ${bytes} bytes`);
  return exitCodes.ok;
}

async function checkAndSay(options: ReportOptions): Promise<number> {
  const { differences, checked } = await checkReports(options);
  if (differences.length === 0) {
    console.log(`${checked} files are as the results make them`);
    return exitCodes.ok;
  }
  for (const { path, what } of differences) console.error(`${shownPath(path)} ${what}`);
  console.error('remedy: npx tsx harness/report.ts (and delete what is superfluous)');
  return exitCodes.differs;
}
