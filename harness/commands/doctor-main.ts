import { Command } from '@commander-js/extra-typings';
import { usableCores } from '../effects/cores.ts';
import { createMachine } from '../effects/machine.ts';
import { readInventory } from '../effects/inventory.ts';
import { openSession } from '../effects/session.ts';
import { Teardown } from '../engine/teardown.ts';
import { commonExitCodes, exitCodeOf, interruptSignal } from './command-line.ts';
import { chooseHosts } from './choose-hosts.ts';
import { examineHosts, examineLimits, examinePlugins, type Finding } from './doctor-findings.ts';
import { tryOut, type Trial } from './doctor-trial.ts';
import { judge, verdictLines } from './doctor-verdict.ts';

const exitCodes = { ...commonExitCodes, cannotMeasure: 1 } as const;

/** The options of harness/doctor.ts. */
function doctorCommand() {
  return new Command('harness/doctor.ts')
    .description(
      'Says in about ten seconds what this machine can do: what is missing and the command that brings it, how much ' +
        'its figures scatter, how far the load generator reaches, and whether a run here means anything.',
    )
    .option(
      '--hosts <file>',
      'look at the machines of an inventory instead (or "vagrant"): whether they can be reached, and what each can do',
    )
    .option('--json', 'print what was found as JSON')
    .helpOption('-h, --help', 'print this help')
    .allowExcessArguments(false)
    .showHelpAfterError('(see: npx tsx harness/doctor.ts --help)')
    .addHelpText(
      'after',
      '\nExit code: 0 it can be measured here; 1 it can not; 2 bad input; 130 interrupted.',
    );
}

/** The command line of harness/doctor.ts; resolves with the exit code and never exits itself. */
export async function main(args: readonly string[]): Promise<number> {
  const signal = interruptSignal();
  try {
    const command = doctorCommand().exitOverride();
    command.parse([...args], { from: 'user' });
    return await examine(command.opts(), args, signal);
  } catch (error) {
    const exitCode = exitCodeOf(error);
    if (exitCode === null) throw error;
    return exitCode;
  }
}

async function examine(
  { json = false, hosts: named }: { json?: boolean; hosts?: string },
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const inventory = named === undefined ? undefined : await readInventory(named);
  const notes: string[] = [];
  const note = (line: string): void => void notes.push(line);
  const session = await openSession(args, note);
  const teardown = new Teardown();
  try {
    const machine = createMachine(session);
    const kind = inventory === undefined ? 'netns' : 'ssh';
    const wanted = { hosts: { kind, tomCores: 1, jerryCores: 1, tomSysctls: {}, jerrySysctls: {} } };
    const hosts = await chooseHosts(wanted, false, inventory, machine, note);
    teardown.add(() => hosts.close());
    const cores = await usableCores();
    const findings: Finding[] = [
      ...(inventory === undefined ? await examinePlugins(machine) : await examineHosts(hosts)),
      { part: 'containment', name: session.containment.kind, problem: null, remedy: null },
      ...(await examineLimits()),
    ];
    if (!json) printFindings(findings, notes, cores);
    const trial = await tryOut(machine, hosts, signal);
    const verdict = judge(inventory === undefined ? cores.length : enoughCores, trial);
    if (json) console.log(JSON.stringify({ cores, findings, notes, trial, verdict }, null, 2));
    else for (const line of [...trialLines(trial), '', ...verdictLines(verdict)]) console.log(line);
    return trial.failure === null ? exitCodes.ok : exitCodes.cannotMeasure;
  } finally {
    await teardown.run();
    await session.close();
  }
}

/** Machines of their own share none of this one's. */
const enoughCores = 4;

function printFindings(
  findings: readonly Finding[],
  notes: readonly string[],
  cores: readonly number[],
): void {
  console.log(`cores: ${cores.join(', ')} (one of each physical core first)`);
  for (const part of [...new Set(findings.map((finding) => finding.part))]) {
    const own = findings.filter((finding) => finding.part === part);
    const fine = own.filter(({ problem }) => problem === null).map(({ name }) => name);
    console.log(`${part}: ${fine.length > 0 ? fine.join(', ') : 'none'}`);
    for (const { name, problem, remedy } of own.filter((finding) => finding.problem !== null)) {
      console.log(`  without ${name}: ${problem}${remedy === null ? '' : `; to have it: ${remedy}`}`);
    }
  }
  for (const note of notes) console.log(note);
}

function trialLines({ hosts, load, repeats, ceilings, failure }: Trial): string[] {
  if (failure !== null) return [`trial: ${failure}`];
  return [
    `trial: ${load} against the sink, hosts ${hosts}: ${repeats.map((rate) => Math.round(rate).toLocaleString('en-US')).join(', ')} requests/s in ${repeats.length} repeats`,
    ...ceilings.map(
      ({ concurrency, requestsPerSecond }) =>
        `ceiling of the load at ${concurrency} connections: ${Math.round(requestsPerSecond).toLocaleString('en-US')} requests/s`,
    ),
  ];
}
