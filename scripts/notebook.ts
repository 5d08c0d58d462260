/*
 * usage: npm run notebook [-- --resume] [-- --quick] [-- --out DIR]
 *
 * Runs every scenario that states hypotheses, one after the other, and writes their reports and the index, which opens
 * with the questions that they answer.
 */
import { basename, join, resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { execa } from 'execa';
import { z } from 'zod';
import { commonExitCodes, interruptSignal, printing } from '../harness/commands/command-line.ts';
import { UserError } from '../harness/core/errors.ts';
import { projectRoot } from '../harness/effects/machine.ts';
import { readText, writeIfChanged } from '../harness/effects/output-files.ts';
import { loadScenario, scenarioNames } from '../harness/effects/registry.ts';
import { findRuns, readManifest } from '../harness/effects/results.ts';

/** What a notebook that was interrupted has to know: from when on runs are its own, and how they are made. */
const stateSchema = z.strictObject({ startedAt: z.iso.datetime(), quick: z.boolean() });
type State = z.output<typeof stateSchema>;

const command = new Command('npm run notebook --')
  .description(
    'Runs every scenario that states hypotheses, one after the other, and writes the reports that answer their ' +
      'questions. How long that takes stands below the questions in reports/index.md; nothing else should run meanwhile.',
  )
  .option('--resume', 'go on with a notebook that was interrupted')
  .option('--quick', 'short windows: shows the way of things, with intervals that are wide')
  .option('--out <dir>', 'write results and reports below another directory')
  .addHelpText(
    'after',
    '\nThe scenarios: npx tsx harness/run.ts --list. Exit code 0: all was measured; 1: some cells failed; 2: bad input, or something is missing; 130: interrupted.',
  )
  .exitOverride();

const signal = interruptSignal();
process.exitCode = await printing(async () => {
  command.parse();
  const options = command.opts();
  const out = resolve(options.out ?? projectRoot);
  const stateFile = join(out, 'build', 'notebook.json');
  const state =
    options.resume === true
      ? await stateOf(stateFile)
      : { startedAt: new Date().toISOString(), quick: options.quick === true };
  await writeIfChanged(stateFile, `${JSON.stringify(state)}\n`);

  const names = await scenariosWithHypotheses();
  let failures = 0;
  for (const [index, name] of names.entries()) {
    console.log(`\n=== ${index + 1} of ${names.length}: ${name}`);
    const found = await runOf(state, out, name);
    if (found === 'complete') {
      console.log('measured already');
      continue;
    }
    const { exitCode } = await runScenario(name, [
      ...(found === 'begun' ? ['--resume'] : state.quick ? ['--quick'] : []),
      ...(options.out === undefined ? [] : ['--out', options.out]),
    ]);
    if (signal.aborted || exitCode === commonExitCodes.interrupted) {
      console.error('interrupted; to go on: npm run notebook -- --resume');
      return commonExitCodes.interrupted;
    }
    if (exitCode === 1) failures += 1;
    else if (exitCode !== 0) {
      console.error(`${name} ended with exit code ${exitCode}; to go on: npm run notebook -- --resume`);
      return exitCode ?? commonExitCodes.badInput;
    }
  }
  console.log(`\nthe answers: ${join(out, 'reports', 'index.md')}`);
  return failures === 0 ? 0 : 1;
});

async function stateOf(file: string): Promise<State> {
  const text = await readText(file);
  if (text === null) {
    throw new UserError(
      'no notebook was interrupted here',
      'begin one with: npm run notebook, or name its --out',
    );
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    throw new UserError(`${file} is damaged`, 'begin anew with: npm run notebook');
  }
}

async function scenariosWithHypotheses(): Promise<string[]> {
  const names = await scenarioNames();
  const scenarios = await Promise.all(names.map(loadScenario));
  return names.filter((_, index) => scenarios[index]!.hypotheses.length > 0);
}

/** How far the newest run of a scenario is that belongs to this notebook. */
async function runOf(
  { startedAt }: State,
  out: string,
  name: string,
): Promise<'complete' | 'begun' | 'none'> {
  // Their directories are named by the second in which they began.
  const first = startedAt.slice(0, 19).replaceAll(':', '-');
  const all = await findRuns(join(out, 'results'));
  const own = all.filter((path) => basename(resolve(path, '..')) === name && basename(path) >= first);
  const newest = own.at(-1);
  if (newest === undefined) return 'none';
  const { completedAt } = await readManifest(join(newest, 'manifest.json'));
  return completedAt === undefined ? 'begun' : 'complete';
}

/** In a process of its own, which undoes what it did when it is interrupted: it is waited for in any case. */
async function runScenario(name: string, args: readonly string[]): Promise<{ exitCode?: number }> {
  const running = execa(
    process.execPath,
    ['--import', 'tsx', 'harness/run.ts', '--scenario', name, ...args],
    { cwd: projectRoot, stdio: 'inherit', reject: false },
  );
  const pass = (): void => void running.kill('SIGINT');
  signal.addEventListener('abort', pass);
  try {
    return await running;
  } finally {
    signal.removeEventListener('abort', pass);
  }
}
