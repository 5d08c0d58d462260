import { relative } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { UserError } from '../core/errors.ts';
import { commonExitCodes, endQuietlyUnread, exitCodeOf } from './command-line.ts';
import { checkReports, renderReports, type ReportOptions } from './render-reports.ts';

const exitCodes = { ...commonExitCodes, differs: 1 } as const;

/** The options of harness/report.ts. */
function reportCommand() {
  return new Command('harness/report.ts')
    .description(
      'Renders the reports from the results: a page for each scenario and load from its newest run, an index of ' +
        'all runs, and the CSV tables beside each journal. Measures nothing.',
    )
    .argument('[run-dir...]', 'only the pages and tables of these runs: results/<scenario>/<run>')
    .option('--results <dir>', 'directory of the results', 'results')
    .option('--reports <dir>', 'directory of the reports', 'reports')
    .option('--check', 'write nothing; say which files would change, and exit with 1 if any would')
    .option('--scenario <name>', 'only the pages and tables of this scenario')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(see: npx tsx harness/report.ts --help)')
    .addHelpText('after', '\nExit code: 0 done; 1 files differ (--check); 2 bad input.');
}

/** The command line of harness/report.ts; resolves with the exit code and never exits itself. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    endQuietlyUnread();
    const command = reportCommand().exitOverride();
    command.parse([...args], { from: 'user' });
    const [runDirs] = command.processedArgs;
    const { results, reports, check, scenario } = command.opts();
    if (runDirs.length > 0 && scenario !== undefined) {
      throw new UserError('run directories and --scenario exclude each other', 'leave one of them out');
    }
    const options: ReportOptions = {
      resultsDir: results,
      reportsDir: reports,
      ...(runDirs.length > 0 ? { runDirs } : {}),
      ...(scenario === undefined ? {} : { scenario }),
    };
    return await (check === true ? checkAndSay(options) : renderAndSay(options));
  } catch (error) {
    const exitCode = exitCodeOf(error);
    if (exitCode === null) throw error;
    return exitCode;
  }
}

const shown = (path: string): string => relative(process.cwd(), path) || path;

async function renderAndSay(options: ReportOptions): Promise<number> {
  const { written, removed, pages } = await renderReports(options);
  for (const path of written) console.log(`wrote ${shown(path)}`);
  for (const path of removed) console.log(`removed ${shown(path)}`);
  if (written.length + removed.length === 0) console.log('nothing to change');
  console.log(`pages: ${pages.map(shown).join(', ')}`);
  return exitCodes.ok;
}

async function checkAndSay(options: ReportOptions): Promise<number> {
  const { differences, checked } = await checkReports(options);
  if (differences.length === 0) {
    console.log(`${checked} files are as the results make them`);
    return exitCodes.ok;
  }
  for (const { path, what } of differences) console.error(`${shown(path)} ${what}`);
  console.error('remedy: npx tsx harness/report.ts (and delete what is superfluous)');
  return exitCodes.differs;
}
