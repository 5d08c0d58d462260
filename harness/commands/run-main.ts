import { join, resolve } from 'node:path';
import { projectRoot } from '../effects/machine.ts';
import { loadPlugin, loadScenario, pluginNames, scenarioNames } from '../effects/registry.ts';
import { readRun, type StoredRun } from '../effects/results.ts';
import { shownPath } from '../effects/shown-path.ts';
import { openSession, type Session } from '../effects/session.ts';
import { commonExitCodes, exitCodeOf, interruptSignal } from './command-line.ts';
import { UserError } from '../core/errors.ts';
import { prepare, type Prepared } from './prepare.ts';
import { describeGrid, describePlan, describePrecision, failureLine } from './progress.ts';
import { explainResume, optionsOfRun, resumeLine, runToResume } from './resume.ts';
import { runCommand, type RunOptions } from './run-options.ts';
import { runScenario, type Outcome } from './run-scenario.ts';

const exitCodes = { ...commonExitCodes, someFailed: 1 } as const;

/** The command line of harness/run.ts; resolves with the exit code and never exits itself. */
export async function main(args: readonly string[]): Promise<number> {
  const signal = interruptSignal();
  try {
    const command = runCommand().exitOverride();
    command.parse([...args], { from: 'user' });
    return await run(command.opts(), args, signal);
  } catch (error) {
    const exitCode = exitCodeOf(error);
    if (exitCode !== null) return exitCode;
    // A defect of ours keeps its stack.
    console.error(error);
    return exitCodes.someFailed;
  }
}

async function run(options: RunOptions, args: readonly string[], signal: AbortSignal): Promise<number> {
  const json = options.json === true;
  const say = json ? (line: string) => console.error(line) : (line: string) => console.log(line);
  if (options.list === true) {
    await list(json);
    return exitCodes.ok;
  }
  if (options.explain === true && options.resume === undefined) {
    throw new UserError('--explain says what --resume would do', 'give both, or leave --explain out');
  }
  if (options.resume !== undefined) return resumeRun(options, signal, say);
  const prepared = await prepare(options);
  const { plan, scenario } = prepared;
  const described = [...describePlan(plan), ...describePrecision(prepared.precision)];
  if (options.dryRun === true) {
    if (json) console.log(JSON.stringify({ scenario: scenario.name, ...plan }, null, 2));
    else {
      const grid = describeGrid(scenario, plan.repeats);
      for (const line of [scenario.title, ...grid, ...described]) say(line);
    }
    return exitCodes.ok;
  }
  for (const line of described) say(line);
  return measure(prepared, options, args, signal, say);
}

/** Goes on with a run that ended early, as it was begun; in a dry run only checks whether it could. */
async function resumeRun(
  given: RunOptions,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<number> {
  const run = await runToResume(given);
  say(resumeLine(run));
  const options = optionsOfRun(run, given);
  const goOn = async (): Promise<number> =>
    measure(await prepare(options), options, run.manifest.command, signal, say, run);
  const explain = (): void => {
    if (given.explain === true) for (const line of explainResume(run)) say(line);
  };
  if (given.dryRun !== true) {
    explain();
    return goOn();
  }
  // What would be refused must not be promised.
  const exitCode = await goOn();
  explain();
  return exitCode;
}

async function measure(
  prepared: Prepared,
  options: RunOptions,
  args: readonly string[],
  signal: AbortSignal,
  say: (line: string) => void,
  resumed?: StoredRun,
): Promise<number> {
  const session = await openSession(args, say);
  try {
    const outcome = await runScenario(prepared, session, options, args, signal, say, resumed);
    if (options.dryRun === true) return exitCodes.ok;
    return await finish(outcome, session, options, say);
  } finally {
    await session.close();
  }
}

/** Renders the report, names what failed, and says where everything is. */
async function finish(
  { directory, records }: Outcome,
  session: Session,
  options: RunOptions,
  say: (line: string) => void,
): Promise<number> {
  const failed = records.filter((record) => record.status === 'failed');
  // Not at the start: drawing charts takes as long to load as everything else together.
  const { renderReports, summarise } = await import('./render-reports.ts');
  const base = resolve(options.out ?? projectRoot);
  const reportsDir = join(base, 'reports');
  await session.remember({ kind: 'unfinished', directory: reportsDir });
  const { pages } = await renderReports({
    resultsDir: join(base, 'results'),
    reportsDir,
    runDirs: [directory],
  });
  say('');
  for (const line of summarise(await readRun(directory))) say(line);
  say('');
  if (failed.length > 0) {
    say(`${failed.length} of ${records.length} repeats failed:`);
    for (const record of failed) say(`  ${failureLine(record)}`);
  }
  say(`results: ${shownPath(directory)}`);
  say(`report:  ${pages.map(shownPath).join(', ')}`);
  if (options.json === true) console.log(JSON.stringify({ directory, pages, records }, null, 2));
  return failed.length > 0 ? exitCodes.someFailed : exitCodes.ok;
}

async function list(json: boolean): Promise<void> {
  const scenarios = await Promise.all(
    (await scenarioNames()).map(async (name) => {
      const { question, variants } = await loadScenario(name);
      return { name, summary: question, variants: variants.map(({ id }) => id) };
    }),
  );
  const summaries = async (kind: 'loads' | 'hosts' | 'variants') =>
    Promise.all(
      (await pluginNames(kind)).map(async (name) => ({
        name,
        summary: (await loadPlugin(kind, name)).summary,
      })),
    );
  const everything = {
    scenarios,
    loads: await summaries('loads'),
    hosts: await summaries('hosts'),
    variants: await summaries('variants'),
  };
  if (json) {
    console.log(JSON.stringify(everything, null, 2));
    return;
  }
  console.log('scenarios, with the ids that --variants takes');
  for (const { name, summary, variants } of scenarios) {
    console.log(`  ${name.padEnd(18)} ${summary}`);
    console.log(`  ${''.padEnd(18)} ${variants.join(', ')}`);
  }
  const titles = { loads: 'loads', hosts: 'hosts', variants: 'server plug-ins, for scenarios' } as const;
  for (const kind of ['loads', 'hosts', 'variants'] as const) {
    console.log(titles[kind]);
    for (const { name, summary } of everything[kind]) console.log(`  ${name.padEnd(18)} ${summary}`);
  }
}
