import { randomInt } from 'node:crypto';
import { ceilingVariant } from '../core/ceiling.ts';
import { UserError } from '../core/errors.ts';
import { applyOverrides, withVariants, type Overrides, type PlanName } from '../core/overrides.ts';
import { loadsUsed } from '../core/grid.ts';
import { refuseSpread } from '../core/load-share.ts';
import type { Inventory } from '../core/inventory.ts';
import { noRate, openLoopParams, ratedLoads } from '../core/open-loop.ts';
import type { Plan } from '../core/plan.ts';
import type { Precision } from '../core/manifest.ts';
import { defaultBudgetMs } from '../core/stopping.ts';
import type { HostName, Load, Machine, Problem, Variant } from '../core/plugin.ts';
import type { Scenario, VariantChoice } from '../core/scenario.ts';
import { readInventory } from '../effects/inventory.ts';
import { loadPlugin, loadScenario, pluginNames } from '../effects/registry.ts';
import { formatDuration, formatEstimate } from '../core/units.ts';
import { fewestForInterval } from '../analysis/intervals.ts';
import type { RunOptions } from './run-options.ts';
import { planFor, refuseUnfitShard, type PlanPart } from './shard-plan.ts';

/** A scenario with all that the command line changed about it, and the plug-ins that it names. */
export interface Prepared {
  readonly scenario: Scenario;
  readonly planName: PlanName;
  readonly plan: Plan;
  /** Set where `plan` is a part of the whole one. */
  readonly shard?: PlanPart['shard'];
  readonly randomSeed: number;
  readonly precision?: Precision;
  readonly loads: ReadonlyMap<string, Load>;
  readonly variants: ReadonlyMap<string, Variant>;
  readonly leftOut: readonly LeftOut[];
  /** The machines to measure on; without it they are made here. */
  readonly inventory?: Inventory;
}

/** An optional variant that can't be measured here, and why. */
interface LeftOut {
  readonly choice: VariantChoice;
  readonly problem: Problem;
}

/** What --hosts names beside the kinds of hosts that are made here: machines. */
async function inventoryOf(hosts: string | undefined): Promise<Inventory | undefined> {
  if (hosts === undefined || (await pluginNames('hosts')).includes(hosts)) return undefined;
  return readInventory(hosts);
}

/** The inventory with so many of its Jerrys, or all of them. Throws UserError where it has fewer. */
function withJerries(inventory: Inventory | undefined, wanted: number | undefined): Inventory | undefined {
  if (inventory === undefined || wanted === undefined) return inventory;
  const { length } = inventory.jerries;
  if (wanted > length) {
    throw new UserError(
      `--jerries ${wanted}: the inventory has ${length === 1 ? 'one host' : `${length} hosts`} in its group jerry`,
      'add hosts to it, or ask for fewer',
    );
  }
  const [first, ...others] = inventory.jerries;
  return { ...inventory, jerries: [first, ...others.slice(0, wanted - 1)] };
}

/** Resolves the options into a plan. Throws UserError; measures and changes nothing. */
export async function prepare(options: RunOptions): Promise<Prepared> {
  if (options.scenario === undefined) {
    throw new UserError('no scenario was named', 'name one: --scenario single-core (see --list)');
  }
  if (options.quick === true && options.fidelity !== undefined) {
    throw new UserError('--quick and --fidelity exclude each other', 'leave one of them out');
  }
  refuseUnfitShard(options);
  const planName: PlanName = options.fidelity ?? (options.quick === true ? 'quick' : 'full');
  const original = await loadScenario(options.scenario);
  const load = options.load ?? (planName === 'seed' ? 'processes' : undefined);
  const inventory = withJerries(await inventoryOf(options.hosts), options.jerries);
  const jerries = options.jerries ?? inventory?.jerries.length ?? 1;
  const precision: Precision | undefined =
    options.precision === undefined
      ? undefined
      : { target: options.precision, budgetMs: options.budget ?? defaultBudgetMs };
  const overrides: Overrides = {
    ...(options.server ? { servers: options.server } : {}),
    ...(options.variants ? { variants: options.variants } : {}),
    ...(options.concurrency ? { concurrencies: options.concurrency } : {}),
    ...(options.condition ? { conditions: options.condition } : {}),
    ...(load === undefined ? {} : { load }),
    ...(options.requestsPerConnection === undefined
      ? {}
      : { requestsPerConnection: options.requestsPerConnection }),
    ...(options.repeats === undefined ? {} : { repeats: options.repeats }),
    ...(options.duration === undefined ? {} : { windowMs: options.duration }),
    ...(options.budget === undefined ? {} : { budgetMs: options.budget }),
    ...(precision === undefined ? {} : { precision: precision.target, budgetMs: precision.budgetMs }),
    ...(options.hosts === undefined ? {} : { hostKind: inventory === undefined ? options.hosts : 'ssh' }),
    ...(options.jerries === undefined && jerries === 1 ? {} : { jerries }),
    ...(options.rate === undefined ? {} : { loadParams: openLoopOf(options.rate, options.arrivals) }),
    ...(options.toolPath === undefined ? {} : { toolPaths: options.toolPath }),
  };
  if (options.arrivals !== undefined && options.rate === undefined) {
    throw new UserError('--arrivals means nothing without a rate', 'give --rate too, or leave it out');
  }
  const scenario = applyOverrides(original, planName, overrides);
  if (options.rate !== undefined) refuseOwnRates(scenario);
  // Whether they can be made here is another question; that they exist should be said before anything is done.
  await loadPlugin('hosts', scenario.hosts.kind);
  const loads = await pluginsByName(
    'loads',
    loadsUsed(scenario).map((choice) => choice.id),
  );
  refuseLoadsWithoutRate(scenario, loads, options.rate !== undefined);
  const variants = await pluginsByName('variants', [
    ...scenario.variants.map((choice) => choice.plugin),
    ...(scenario.ceiling ? [ceilingVariant.plugin] : []),
  ]);
  const randomSeed = options.seed ?? randomInt(2 ** 31);
  const planned = planFor({ scenario, planName, randomSeed, loads }, options.shard);
  if (precision !== undefined) refuseTooShort(precision, planned.plan);
  const known = {
    ...{ scenario, planName, ...planned, randomSeed, loads, variants, leftOut: [] },
    ...(inventory === undefined ? {} : { inventory }),
  };
  return precision === undefined ? known : { ...known, precision };
}

const openLoopOf = (rate: number, arrivals: string | undefined) => ({
  [openLoopParams.rate]: rate,
  ...(arrivals === undefined ? {} : { [openLoopParams.arrivals]: arrivals }),
});

/** One rate for all would take from such conditions what they are about. */
function refuseOwnRates({ name, conditions }: Scenario): void {
  const own = conditions?.find(({ loadParams }) => openLoopParams.rate in loadParams);
  if (own === undefined) return;
  throw new UserError(
    `--rate: condition ${own.id} of scenario ${name} has a rate of its own`,
    'leave it out, or choose other conditions with --condition',
  );
}

/** Where the command line or a condition asks for a rate. */
function refuseLoadsWithoutRate(
  { name, conditions }: Scenario,
  loads: ReadonlyMap<string, Load>,
  asked: boolean,
): void {
  const own = conditions?.find(({ loadParams }) => openLoopParams.rate in loadParams);
  if (!asked && own === undefined) return;
  const where = asked ? '--rate' : `condition ${own!.id} of scenario ${name}`;
  for (const [id, load] of loads) {
    if (load.keepsRate !== true) throw new UserError(`${where}: ${noRate(id)}`, ratedLoads);
  }
}

/** Throws UserError where the time does not suffice for a single interval: then no precision is ever reached. */
function refuseTooShort({ budgetMs }: Precision, { repeats, estimatedMs, blockMs }: Plan): void {
  const timed = repeats.filter(({ pass }) => pass === 'timed');
  const blocks = new Set(timed.map(({ block }) => block)).size;
  const neededMs = estimatedMs + Math.max(0, fewestForInterval - blocks) * blockMs;
  if (neededMs <= budgetMs) return;
  throw new UserError(
    `--budget: ${formatDuration(budgetMs)} is too short for --precision: an interval takes ${fewestForInterval} blocks, and these about ${formatEstimate(neededMs)}`,
    'give more time, or measure fewer cells with --concurrency or --variants',
  );
}

async function pluginsByName<K extends 'loads' | 'variants'>(kind: K, names: readonly string[]) {
  const entries = names.map(async (name) => [name, await loadPlugin(kind, name)] as const);
  return new Map(await Promise.all(entries));
}

/** What was done otherwise than asked, and what would mend that. */
interface Note {
  readonly text: string;
  readonly remedy: string | undefined;
}

/**
 * Puts another load in the place of one that can't be used here, or does without it where the scenario has several;
 * not where somebody asked for just that one.
 */
export async function settleLoads(
  prepared: Prepared,
  insisted: boolean,
  machine: Machine,
): Promise<{ prepared: Prepared; notes: Note[] }> {
  const notes: Note[] = [];
  const loads = new Map(prepared.loads);
  const choices: Scenario['loads'] = [];
  const { loads: wanted } = prepared.scenario;
  for (const choice of wanted) {
    const load = prepared.loads.get(choice.id)!;
    const problem = insisted || choice.required === true ? null : await load.check(machine, choice);
    if (problem === null || (load.fallback === undefined && wanted.length === 1)) {
      choices.push(choice);
      continue;
    }
    const standIn = wanted.some(({ id }) => id === load.fallback) ? undefined : load.fallback;
    const outcome = standIn === undefined ? 'it is left out' : `"${standIn}" took its place`;
    const why = problem.remedy === undefined ? problem.reason : `${problem.reason}; ${problem.remedy}`;
    const text = `The load "${choice.id}" cannot be used here (${why}), so ${outcome}.`;
    notes.push({ text, remedy: problem.remedy });
    if (standIn === undefined) continue;
    choices.push({ ...choice, id: standIn });
    loads.set(standIn, await loadPlugin('loads', standIn));
  }
  if (notes.length === 0) return { prepared, notes };
  if (choices.length === 0) {
    throw new UserError(
      `none of the loads of scenario ${prepared.scenario.name} can be used here`,
      'install one of them, or name one: --load epoll',
    );
  }
  const scenario = { ...prepared.scenario, loads: choices };
  const used = new Map([...loads].filter(([id]) => loadsUsed(scenario).some((choice) => choice.id === id)));
  const changed = { ...prepared, scenario, loads: used };
  return { prepared: { ...changed, ...planFor(changed, prepared.shard) }, notes };
}

/**
 * What of the plan can be measured on the hosts' machines: optional variants whose program is missing are left out and
 * named, unless they were asked for. Throws UserError with the remedy where anything else can't be used, or where a
 * parameter is wrong: that should be told now and not in each of its repeats.
 */
export async function usableHere(
  prepared: Prepared,
  askedFor: readonly string[],
  { tom, jerry }: Readonly<Record<HostName, Machine>>,
): Promise<Prepared> {
  for (const choice of loadsUsed(prepared.scenario)) {
    const load = prepared.loads.get(choice.id)!;
    refuseSpread(choice.id, load.startsTogether, prepared.scenario.hosts.jerries ?? 1);
    const problem = await load.check(jerry, choice);
    if (problem) throw new UserError(`${choice.id}: ${problem.reason}`, problem.remedy);
    const times = { warmupMs: 0, windowMs: 1000, drainMs: 0 };
    load.command({ address: '127.0.0.1', port: 1, concurrency: 1, ...times, choice }, jerry);
  }
  const usable: VariantChoice[] = [];
  const leftOut: LeftOut[] = [];
  if (prepared.scenario.ceiling) {
    const problem = await problemOf(prepared, ceilingVariant, tom);
    if (problem) throw new UserError(`${ceilingVariant.id}: ${problem.reason}`, problem.remedy);
  }
  for (const choice of prepared.scenario.variants) {
    const problem = await problemOf(prepared, choice, tom);
    if (problem === null) {
      usable.push(choice);
    } else if (choice.optional && !askedFor.includes(choice.id)) {
      leftOut.push({ choice, problem });
    } else {
      throw new UserError(`${choice.id}: ${problem.reason}`, problem.remedy);
    }
  }
  if (leftOut.length === 0) return prepared;
  if (usable.length === 0) {
    const [{ problem }] = leftOut as [LeftOut];
    throw new UserError(
      `no server of scenario ${prepared.scenario.name} can be measured here: ${problem.reason}`,
      problem.remedy,
    );
  }
  const changed = { ...prepared, scenario: withVariants(prepared.scenario, usable), leftOut };
  return { ...changed, ...planFor(changed, prepared.shard) };
}

async function problemOf(
  { variants }: Prepared,
  choice: VariantChoice,
  machine: Machine,
): Promise<Problem | null> {
  const variant = variants.get(choice.plugin)!;
  const problem = await variant.check(machine, choice);
  if (problem !== null) return problem;
  const place = { machine, address: '127.0.0.1', port: 1, counterFile: 'unused', directory: 'unused' };
  await variant.command(choice, place);
  return null;
}
