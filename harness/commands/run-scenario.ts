import { join, relative, resolve } from 'node:path';
import { InterruptedError, UserError } from '../core/errors.ts';
import type { Environment, Manifest } from '../core/manifest.ts';
import { choicesFor } from '../core/grid.ts';
import type { Disturbance, HostKind, Machine, Probe, Problem, Testbed } from '../core/plugin.ts';
import { schemaVersion, type RepeatRecord } from '../core/record.ts';
import type { Scenario } from '../core/scenario.ts';
import { runRepeat, type NamedProbe } from '../engine/repeat.ts';
import { runPlan } from '../engine/run-plan.ts';
import { Teardown } from '../engine/teardown.ts';
import { chooseCores } from '../effects/cores.ts';
import { describeCommit, describeMachine, hashPrograms, toolVersions } from '../effects/environment.ts';
import { measureLink } from '../effects/link-capacity.ts';
import { createMachine, projectRoot } from '../effects/machine.ts';
import { generatorProgram } from '../effects/our-generator.ts';
import { loadPlugin } from '../effects/registry.ts';
import { createRun, makeRoomFor } from '../effects/run-store.ts';
import type { Session } from '../effects/session.ts';
import { isLive, openProgress } from './choose-progress.ts';
import { settleLoads, usableHere, type Prepared } from './prepare.ts';
import { describePlan } from './progress.ts';
import type { RunOptions } from './run-options.ts';

export interface Outcome {
  readonly directory: string;
  readonly records: readonly RepeatRecord[];
}

type Say = (line: string) => void;

/**
 * Runs a prepared plan in a session: hosts, manifest, repeats; all of it undone in reverse at the end, whatever happened.
 * Throws UserError before the first repeat, InterruptedError when `signal` was aborted.
 */
export async function runScenario(
  wanted: Prepared,
  session: Session,
  options: RunOptions,
  command: readonly string[],
  signal: AbortSignal,
  say: Say,
): Promise<Outcome> {
  const output = options.json === true ? process.stderr : process.stdout;
  const live = isLive(options.progress, output, process.env);
  const teardown = new Teardown();
  let directory = '';
  try {
    const machine = createMachine(session);
    const settled = await settleLoads(wanted, options.load !== undefined, machine);
    for (const { text, remedy } of settled.notes)
      say(`note: ${text}${remedy ? ` To have it: ${remedy}.` : ''}`);
    const prepared = await usableHere(settled.prepared, options.variants ?? [], machine);
    const { scenario, plan, leftOut } = prepared;
    if (leftOut.length > 0) {
      for (const { choice, problem } of leftOut) {
        say(`note: without ${choice.id}: ${problem.reason}${remedyText(problem)}`);
      }
      for (const line of describePlan(plan)) say(line);
    }

    const place = join(resolve(options.out ?? projectRoot), 'results', scenario.name);
    await makeRoomFor(place);
    const cores = await chooseCores(machine, scenario.hosts, say);
    const hosts = await chooseHosts(scenario, options.hosts !== undefined, machine, say);
    const testbed = await hosts.kind.open(machine, cores.layout, {
      tom: scenario.hosts.tomSysctls,
      jerry: scenario.hosts.jerrySysctls,
    });
    teardown.add(() => testbed.close());
    checkConditions(scenario, testbed);
    const hostNotes = [hosts.fallback, cores.note];
    const described = await describeEnvironment(machine, testbed, hosts.name, [...cores.harness], hostNotes);
    const probes = await chooseProbes(scenario, machine, say);
    const environment = { ...described, ...(await describeLink(probes.usable, machine, testbed, say)) };
    const disturbances = await chooseDisturbances(scenario, machine);

    const runId = runIdFor(new Date(), prepared);
    directory = join(place, runId);
    const manifest = await makeManifest(prepared, machine, environment, {
      command: [...command],
      runId,
      notes: [...settled.notes.map(({ text }) => text), ...plan.notes],
      changes: testbed.changes(),
    });
    await machine.remember({ kind: 'unfinished', directory });
    const store = await createRun(directory, manifest);
    teardown.add(() => store.close());
    say(`${scenario.title}: ${where(environment)}`);
    say(`writing to ${relative(process.cwd(), directory) || directory}`);

    const progress = await openProgress(live, output, manifest, directory, say);
    teardown.add(() => progress.close());
    const records = await runPlan(
      plan,
      store,
      (planned, onStep) => {
        const choices = choicesFor(scenario, planned.cell, planned.pass);
        const wanted = [...choices.probes, ...(planned.tracer === undefined ? [] : [planned.tracer])];
        return runRepeat({
          planned,
          onStep,
          machine,
          testbed,
          variant: prepared.variants.get(choices.variant.plugin)!,
          variantChoice: choices.variant,
          load: prepared.loads.get(planned.cell.load)!,
          loadChoice: choices.load,
          probes: probes.usable.filter(({ name }) => wanted.includes(name)),
          unavailable: probes.unavailable.filter(({ probe }) => wanted.includes(probe)),
          hostSettings: choices.hostSettings,
          disturbances: choices.disturbances.map((choice) => ({
            choice,
            disturbance: disturbances.get(choice.plugin)!,
          })),
          port: testbed.port,
          signal,
        });
      },
      signal,
      progress,
    );
    return { directory, records };
  } catch (error) {
    if (error instanceof InterruptedError && directory !== '') {
      throw new InterruptedError(`interrupted; the repeats measured until then are in ${directory}`);
    }
    throw error;
  } finally {
    await teardown.run();
  }
}

interface ChosenHosts {
  readonly name: string;
  readonly kind: HostKind;
  readonly fallback: string | null;
}

/** The hosts that were asked for; where nobody insisted on them and they can't be made, loopback, and it says so. */
async function chooseHosts(
  scenario: Scenario,
  insisted: boolean,
  machine: Machine,
  say: Say,
): Promise<ChosenHosts> {
  const name = scenario.hosts.kind;
  const kind = await loadPlugin('hosts', name);
  const problem = await kind.check(machine);
  if (problem === null) return { name, kind, fallback: null };
  if (insisted) throw new UserError(`--hosts ${name}: ${problem.reason}`, problem.remedy);
  const fallback = `Hosts "${name}" could not be made (${problem.reason}), so the run fell back to loopback.`;
  say(`note: ${fallback}${problem.remedy ? ` To have them: ${problem.remedy}.` : ''}`);
  return { name: 'loopback', kind: await loadPlugin('hosts', 'loopback'), fallback };
}

async function describeEnvironment(
  machine: Machine,
  testbed: Testbed,
  hostKind: string,
  harnessCores: number[],
  notes: readonly (string | null)[],
): Promise<Environment> {
  const hosts = await testbed.describe();
  const hostNote = [...notes, hosts.hostNote].filter((note) => note !== null).join(' ');
  return {
    ...(await describeMachine(machine)),
    hostKind,
    harnessCores,
    ...hosts,
    hostNote: hostNote === '' ? null : hostNote,
  };
}

/** What the link can carry, where a probe holds against it what it did carry. */
async function describeLink(
  probes: readonly NamedProbe[],
  machine: Machine,
  testbed: Testbed,
  say: Say,
): Promise<Pick<Environment, 'link'>> {
  if (!probes.some(({ name }) => name === 'link')) return {};
  const link = await measureLink(machine, testbed);
  if (link.reason !== null) say(`note: it is not known what the link can carry: ${link.reason}`);
  return { link };
}

function where({ hostKind, tom, jerry, sharedCores }: Environment): string {
  const shared =
    sharedCores.length > 0
      ? `, SHARING core ${sharedCores.join(', ')} (this machine has no core to spare)`
      : '';
  const on = (cores: readonly number[]): string =>
    cores.length === 0 ? 'any core' : `core ${cores.join(', ')}`;
  return `Tom on ${on(tom.cores)}, Jerry on ${on(jerry.cores)}${shared}; hosts: ${hostKind}`;
}

const remedyText = ({ remedy }: Problem): string => (remedy ? `; to have it: ${remedy}` : '');

/** All probes that the scenario names; those that can't watch here are named with the reason and left out. */
async function chooseProbes(scenario: Scenario, machine: Machine, say: Say) {
  const names = [
    ...scenario.probes,
    ...(scenario.conditions ?? []).flatMap((condition) => condition.probes ?? []),
    ...(scenario.traced ? scenario.tracers : []),
  ];
  const usable: NamedProbe[] = [];
  const unavailable: RepeatRecord['unavailable'] = [];
  for (const name of new Set(names)) {
    const probe: Probe = await loadPlugin('probes', name);
    const problem = await probe.check(machine);
    if (problem === null || problem.bearable) usable.push({ name, probe });
    if (problem === null) continue;
    const reason = `${problem.reason}${remedyText(problem)}`;
    if (!problem.bearable) unavailable.push({ probe: name, reason });
    say(`note: ${problem.bearable ? 'the probe' : 'without the probe'} ${name}: ${reason}`);
  }
  return { usable, unavailable };
}

/** Throws UserError where a condition sets what these hosts cannot have: its cells would be taken for what they are not. */
function checkConditions({ name, conditions }: Scenario, { separateNetworks }: Testbed): void {
  const condition = conditions?.find(
    ({ tomSysctls, jerrySysctls }) => Object.keys({ ...tomSysctls, ...jerrySysctls }).length > 0,
  );
  if (condition === undefined || separateNetworks) return;
  throw new UserError(
    `condition ${condition.id} of scenario ${name} changes kernel settings, which hosts on loopback share with the machine`,
    'use --hosts netns, or choose other conditions with --condition',
  );
}

/** The plug-ins of what the scenario's conditions disturb repeats with. Throws UserError where one cannot work here. */
async function chooseDisturbances(scenario: Scenario, machine: Machine): Promise<Map<string, Disturbance>> {
  const names = (scenario.conditions ?? []).flatMap(({ disturbances }) =>
    disturbances.map(({ plugin }) => plugin),
  );
  const chosen = new Map<string, Disturbance>();
  for (const name of new Set(names)) {
    const disturbance = await loadPlugin('disturbances', name);
    const problem = await disturbance.check(machine);
    if (problem) throw new UserError(`${name}: ${problem.reason}`, problem.remedy);
    chosen.set(name, disturbance);
  }
  return chosen;
}

async function makeManifest(
  { scenario, plan, planName, randomSeed, loads, variants, leftOut }: Prepared,
  machine: Machine,
  environment: Environment,
  told: Pick<Manifest, 'command' | 'runId' | 'notes' | 'changes'>,
): Promise<Manifest> {
  const versions = await Promise.all([
    ...scenario.loads.map((choice) => loads.get(choice.id)!.versions(machine, choice)),
    ...[...variants.values()].map(async (plugin) => plugin.versions?.(machine)),
  ]);
  const programs = await Promise.all(
    scenario.variants.map((choice) => variants.get(choice.plugin)!.programs(choice, machine)),
  );
  return {
    schema: schemaVersion,
    ...told,
    createdAt: new Date().toISOString(),
    scenario,
    planName,
    randomSeed,
    estimatedMs: plan.estimatedMs,
    repeats: [...plan.repeats],
    leftOut: leftOut.map(({ choice, problem }) => ({
      variant: choice.id,
      label: choice.label,
      reason: problem.reason,
    })),
    environment,
    git: await describeCommit(machine),
    programs: await hashPrograms({
      ...Object.assign({}, ...programs),
      [generatorProgram]: machine.program(generatorProgram),
    }),
    versions: Object.assign(await toolVersions(machine), ...versions) as Record<string, string>,
  };
}

/** Sorts by time: `2026-11-23T22-41-05-quick-epoll`. */
function runIdFor(now: Date, { planName, scenario }: Prepared): string {
  const time = now.toISOString().slice(0, 19).replaceAll(':', '-');
  return [time, planName, ...scenario.loads.map((load) => load.id)].join('-');
}
