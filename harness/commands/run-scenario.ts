import { randomInt } from 'node:crypto';
import { join, relative, resolve } from 'node:path';
import { InterruptedError, UserError } from '../core/errors.ts';
import type { Environment, Manifest } from '../core/manifest.ts';
import { applyOverrides, buildPlan, type Overrides, type Plan, type PlanName } from '../core/plan.ts';
import type { HostKind, Load, Machine, Probe, Problem, Testbed, Variant } from '../core/plugin.ts';
import { schemaVersion, type RepeatRecord } from '../core/record.ts';
import type { Scenario } from '../core/scenario.ts';
import { runRepeat, type NamedProbe } from '../engine/repeat.ts';
import { runPlan } from '../engine/run-plan.ts';
import { Teardown } from '../engine/teardown.ts';
import { layOutCores, pinHarness, usableCores } from '../effects/cores.ts';
import { describeCommit, describeMachine, hashPrograms, toolVersions } from '../effects/environment.ts';
import { createMachine, projectRoot } from '../effects/machine.ts';
import { generatorProgram } from '../effects/our-generator.ts';
import { loadPlugin, loadScenario } from '../effects/registry.ts';
import { createRun } from '../effects/run-store.ts';
import { openSession } from '../effects/session.ts';
import { progressLines } from './progress.ts';
import type { RunOptions } from './run-options.ts';

/** A scenario with all that the command line changed about it, and the plug-ins that it names. */
export interface Prepared {
  readonly scenario: Scenario;
  readonly planName: PlanName;
  readonly plan: Plan;
  readonly randomSeed: number;
  readonly loads: ReadonlyMap<string, Load>;
  readonly variants: ReadonlyMap<string, Variant>;
}

export interface Outcome {
  readonly directory: string;
  readonly records: readonly RepeatRecord[];
}

type Say = (line: string) => void;

/** Resolves the options into a plan. Throws UserError; measures and changes nothing. */
export async function prepare(options: RunOptions): Promise<Prepared> {
  if (options.scenario === undefined) {
    throw new UserError('no scenario was named', 'name one: --scenario single-core (see --list)');
  }
  if (options.quick === true && options.fidelity !== undefined) {
    throw new UserError('--quick and --fidelity exclude each other', 'leave one of them out');
  }
  const planName: PlanName = options.fidelity ?? (options.quick === true ? 'quick' : 'full');
  const original = await loadScenario(options.scenario);
  const load = options.load ?? (planName === 'seed' ? 'processes' : undefined);
  const overrides: Overrides = {
    ...(options.variants ? { variants: options.variants } : {}),
    ...(options.concurrency ? { concurrencies: options.concurrency } : {}),
    ...(load === undefined ? {} : { load }),
    ...(options.repeats === undefined ? {} : { repeats: options.repeats }),
    ...(options.duration === undefined ? {} : { windowMs: options.duration }),
    ...(options.hosts === undefined ? {} : { hostKind: options.hosts }),
    ...(options.toolPath === undefined ? {} : { toolPaths: options.toolPath }),
  };
  const scenario = applyOverrides(original, planName, overrides);
  const loads = await pluginsByName(
    'loads',
    scenario.loads.map((choice) => choice.id),
  );
  const variants = await pluginsByName(
    'variants',
    scenario.variants.map((choice) => choice.plugin),
  );
  const randomSeed = options.seed ?? randomInt(2 ** 31);
  const plan = buildPlan(scenario, planName, randomSeed, loads);
  return { scenario, planName, plan, randomSeed, loads, variants };
}

async function pluginsByName<K extends 'loads' | 'variants'>(kind: K, names: readonly string[]) {
  const entries = names.map(async (name) => [name, await loadPlugin(kind, name)] as const);
  return new Map(await Promise.all(entries));
}

/**
 * Runs a prepared plan: session, hosts, manifest, repeats; all of it undone in reverse at the end, whatever happened.
 * Throws UserError before the first repeat, InterruptedError when `signal` was aborted.
 */
export async function runScenario(
  prepared: Prepared,
  options: RunOptions,
  command: readonly string[],
  signal: AbortSignal,
  say: Say,
): Promise<Outcome> {
  const { scenario, plan } = prepared;
  const teardown = new Teardown();
  let directory = '';
  try {
    const session = await openSession(command, say);
    teardown.add(() => session.close());
    const machine = createMachine(session);
    await checkPlugins(prepared, machine);

    const usable = await usableCores();
    const layout = layOutCores(usable, scenario.hosts.tomCores, scenario.hosts.jerryCores);
    const hosts = await chooseHosts(scenario, options.hosts !== undefined, machine, say);
    const testbed = await hosts.kind.open(machine, layout);
    teardown.add(() => testbed.close());
    const harnessCores = await pinHarness(machine, layout, usable);
    const notes = [
      hosts.fallback,
      layout.enoughForTom
        ? null
        : `The scenario asks for ${scenario.hosts.tomCores} cores for Tom; this machine lets us use ${layout.tom.length}.`,
    ];
    const environment = await describeEnvironment(machine, testbed, hosts.name, harnessCores, notes);
    const probes = await chooseProbes(scenario, machine, say);

    const runId = runIdFor(new Date(), prepared);
    directory = join(resolve(options.out ?? projectRoot), 'results', scenario.name, runId);
    const manifest = await makeManifest(prepared, machine, environment, command, runId, testbed.changes());
    const store = await createRun(directory, manifest);
    teardown.add(() => store.close());
    say(`${scenario.title}: ${where(environment)}`);
    say(`writing to ${relative(process.cwd(), directory) || directory}`);

    const progress = progressLines(plan.repeats.length, plan.estimatedMs, say);
    const records = await runPlan(
      plan,
      store,
      (planned) =>
        runRepeat({
          planned,
          machine,
          testbed,
          variant: prepared.variants.get(variantOf(scenario, planned.cell.variant).plugin)!,
          variantChoice: variantOf(scenario, planned.cell.variant),
          load: prepared.loads.get(planned.cell.load)!,
          loadChoice: scenario.loads.find((choice) => choice.id === planned.cell.load)!,
          probes: planned.pass === 'traced' ? [...probes.timed, ...probes.traced] : probes.timed,
          unavailable: planned.pass === 'traced' ? probes.unavailable.traced : probes.unavailable.timed,
          port: testbed.port,
          signal,
        }),
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

const variantOf = (scenario: Scenario, id: string) => scenario.variants.find((choice) => choice.id === id)!;

/** Throws UserError with the remedy where a variant or load of the plan can't be used here. */
async function checkPlugins({ loads, variants, scenario }: Prepared, machine: Machine): Promise<void> {
  const refuse = (name: string, problem: Problem | null): void => {
    if (problem) throw new UserError(`${name}: ${problem.reason}`, problem.remedy);
  };
  for (const [name, variant] of variants) refuse(name, await variant.check(machine));
  for (const choice of scenario.loads) {
    refuse(choice.id, await loads.get(choice.id)!.check(machine, choice));
  }
  // A wrong parameter should be told now and not in each of its repeats.
  for (const choice of scenario.loads) {
    const times = { warmupMs: 0, windowMs: 1000, drainMs: 0 };
    loads
      .get(choice.id)!
      .command({ address: '127.0.0.1', port: 1, concurrency: 1, ...times, choice }, machine);
  }
  for (const choice of scenario.variants) {
    variants
      .get(choice.plugin)!
      .command(choice, { machine, address: '127.0.0.1', port: 1, counterFile: 'unused' });
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

function where({ hostKind, tom, jerry, sharedCores }: Environment): string {
  const shared =
    sharedCores.length > 0
      ? `, SHARING core ${sharedCores.join(', ')} (this machine has no core to spare)`
      : '';
  return `Tom on core ${tom.cores.join(', ')}, Jerry on core ${jerry.cores.join(', ')}${shared}; hosts: ${hostKind}`;
}

/** The scenario's probes for both passes; those that can't watch here are named with the reason and left out. */
async function chooseProbes(scenario: Scenario, machine: Machine, say: Say) {
  const choose = async (names: readonly string[]) => {
    const usable: NamedProbe[] = [];
    const unavailable: RepeatRecord['unavailable'] = [];
    for (const name of names) {
      const probe: Probe = await loadPlugin('probes', name);
      const problem = await probe.check(machine);
      if (problem === null) {
        usable.push({ name, probe });
      } else {
        const remedy = problem.remedy ? `; to have it: ${problem.remedy}` : '';
        unavailable.push({ probe: name, reason: `${problem.reason}${remedy}` });
        say(`note: without the probe ${name}: ${problem.reason}${remedy}`);
      }
    }
    return { usable, unavailable };
  };
  const timed = await choose(scenario.probes);
  const traced = await choose(scenario.traced ? scenario.tracers : []);
  return {
    timed: timed.usable,
    traced: traced.usable,
    unavailable: { timed: timed.unavailable, traced: [...timed.unavailable, ...traced.unavailable] },
  };
}

async function makeManifest(
  { scenario, plan, planName, randomSeed, loads, variants }: Prepared,
  machine: Machine,
  environment: Environment,
  command: readonly string[],
  runId: string,
  changes: string[],
): Promise<Manifest> {
  const versions = await Promise.all(
    scenario.loads.map((choice) => loads.get(choice.id)!.versions(machine, choice)),
  );
  return {
    schema: schemaVersion,
    runId,
    createdAt: new Date().toISOString(),
    command: [...command],
    scenario,
    planName,
    randomSeed,
    estimatedMs: plan.estimatedMs,
    repeats: [...plan.repeats],
    environment,
    git: await describeCommit(machine),
    programs: await hashPrograms(machine, [...variants.keys(), generatorProgram]),
    versions: Object.assign(await toolVersions(machine), ...versions) as Record<string, string>,
    changes,
  };
}

/** Sorts by time: `2026-11-23T22-41-05-quick-epoll`. */
function runIdFor(now: Date, { planName, scenario }: Prepared): string {
  const time = now.toISOString().slice(0, 19).replaceAll(':', '-');
  return [time, planName, ...scenario.loads.map((load) => load.id)].join('-');
}
