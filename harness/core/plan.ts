import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { ceilingVariant, ceilingWarmupMs, ceilingWindowMs, concurrencyClasses } from './ceiling.ts';
import { UserError } from './errors.ts';
import { capacitiesFirst, cellsOf, loadOf } from './grid.ts';
import type { PlanName } from './overrides.ts';
import { beyondLimits } from './load-limits.ts';
import type { PlannedRepeat } from './manifest.ts';
import { cellId, type Cell } from './record.ts';
import type { PlanShape } from './plan-shape.ts';
import type { Scenario } from './scenario.ts';

/** What the planner must know of a load plug-in. */
export interface LoadTiming {
  readonly minimumWindowMs: number;
  readonly mostConnections?: number;
  /** False for a tool that measures from its first request on. */
  readonly hasWarmup?: false;
  /** A load that cannot tell when its window ends has no drain either. */
  readonly windowEvent?: unknown;
  overheadMs(concurrency: number): number;
}

export interface Plan {
  readonly repeats: readonly PlannedRepeat[];
  readonly estimatedMs: number;
  /** What each block takes of it. */
  readonly blockMs: number;
  /** What ceilings and traced repeats take of it. */
  readonly ceilingMs: number;
  readonly tracedMs: number;
  /** What of the scenario is not in it, and why: a sentence for each load. */
  readonly notes: readonly string[];
}

/**
 * Fresh namespaces, server start, readiness, counters, tear-down: what a repeat takes beside its load.
 * An estimate for the plan's duration only; nothing waits for it.
 */
const repeatOverheadMs = 200;

/** Attaching and detaching a tracer, on top. */
const traceOverheadMs = 400;

/** The rule with the largest `fromConcurrency` not above `concurrency`; below all rules, the lowest one. */
function windowFor(shape: PlanShape, concurrency: number): PlanShape['windows'][number] {
  const rules = [...shape.windows].sort((a, b) => a.fromConcurrency - b.fromConcurrency);
  return rules.findLast((rule) => rule.fromConcurrency <= concurrency) ?? rules[0]!;
}

/** What of a rule goes beyond fixed times: it is in the plan only where it can make a difference. */
function adaptiveTimes(rule: PlanShape['windows'][number], timing: LoadTiming, windowMs: number) {
  const { warmupMs, warmupLimitMs = 0, overflowWindowMs = 0 } = rule;
  const adapts = timing.hasWarmup !== false && warmupLimitMs > warmupMs;
  return {
    ...(adapts ? { warmupLimitMs } : {}),
    ...(overflowWindowMs > windowMs ? { overflowWindowMs } : {}),
  };
}

function aroundWindow(timing: LoadTiming, warmupMs: number, drainMs: number) {
  return {
    warmupMs: timing.hasWarmup === false ? 0 : warmupMs,
    drainMs: timing.windowEvent === undefined ? 0 : drainMs,
  };
}

function isTraced({ traced }: Scenario, { variant, concurrency }: Cell): boolean {
  if (traced === undefined || !traced.concurrencies.includes(concurrency)) return false;
  return traced.variants?.includes(variant) ?? true;
}

/** Where the ceiling of each load is measured. */
function ceilingCells(scenario: Scenario): Cell[] {
  if (!scenario.ceiling) return [];
  return scenario.loads.flatMap((load) =>
    concurrencyClasses(scenario.concurrencies).map(({ measuredAt }) => ({
      variant: ceilingVariant.id,
      load: load.id,
      concurrency: measuredAt,
      factors: {},
    })),
  );
}

/**
 * Every repeat of a run, in the order in which it will be made. Repeats come in blocks; each block holds every cell
 * once, in a random order drawn from `randomSeed`, so that a slow change of the machine hits all cells alike and
 * comparisons are made within a block; cells whose throughput sets the rate of others come first in it. Before them each load's ceiling is measured; traced repeats come last, since
 * tracing may leave the machine warm or slow.
 *
 * Cells beyond what their load can make are left out; throws UserError where none is left.
 *
 * A plan with a budget gives up blocks, down to one, until its estimate fits; windows are never shortened.
 */
export function buildPlan(
  scenario: Scenario,
  planName: PlanName,
  randomSeed: number,
  timings: ReadonlyMap<string, LoadTiming>,
): Plan {
  const shape = scenario.plans[planName]!;
  const timingOf = (cell: Cell): LoadTiming => timings.get(loadOf(scenario, cell).id)!;
  const canMake = (cell: Cell): boolean => cell.concurrency <= (timingOf(cell).mostConnections ?? Infinity);
  const wanted = cellsOf(scenario);
  const cells = wanted.filter(canMake);
  const notes = beyondLimits(
    wanted
      .filter((cell) => !canMake(cell))
      .map((cell) => ({ load: loadOf(scenario, cell).id, concurrency: cell.concurrency })),
    timings,
  );
  if (cells.length === 0) {
    throw new UserError(
      `nothing would be measured: ${notes.join(' ')}`,
      'ask for fewer connections with --concurrency, or for another load with --load',
    );
  }
  const timed = cells.map((cell) => {
    const rule = windowFor(shape, cell.concurrency);
    const timing = timingOf(cell);
    const windowMs = Math.max(rule.windowMs, timing.minimumWindowMs);
    return {
      cell,
      windowMs,
      ...aroundWindow(timing, rule.warmupMs, shape.drainMs),
      ...adaptiveTimes(rule, timing, windowMs),
    };
  });
  const traced = cells
    .filter((cell) => isTraced(scenario, cell))
    .flatMap((cell) => {
      const timing = timingOf(cell);
      const times = shape.traced ?? scenario.traced!;
      const windowMs = Math.max(times.windowMs, timing.minimumWindowMs);
      const around = aroundWindow(timing, times.warmupMs, shape.drainMs);
      return scenario.tracers.map((tracer) => ({ cell, windowMs, ...around, tracer }));
    });
  const ceilings = ceilingCells(scenario)
    .filter(canMake)
    .map((cell) => {
      const timing = timingOf(cell);
      const windowMs = Math.max(ceilingWindowMs, timing.minimumWindowMs);
      return { cell, windowMs, ...aroundWindow(timing, ceilingWarmupMs(cell.concurrency), shape.drainMs) };
    });
  type Unplaced = Omit<PlannedRepeat, 'repeatId' | 'pass' | 'block' | 'position'>;
  const duration = (repeat: Unplaced): number =>
    repeat.warmupMs +
    repeat.windowMs +
    repeat.drainMs +
    repeatOverheadMs +
    timingOf(repeat.cell).overheadMs(repeat.cell.concurrency);
  const blockMs = timed.reduce((sum, repeat) => sum + duration(repeat), 0);
  const tracedMs = traced.reduce((sum, repeat) => sum + duration(repeat) + traceOverheadMs, 0);
  const ceilingMs = ceilings.reduce((sum, repeat) => sum + duration(repeat), 0);

  const affordable =
    shape.budgetMs === undefined
      ? shape.blocks
      : Math.floor((shape.budgetMs - tracedMs - ceilingMs) / blockMs);
  const blocks = Math.max(1, Math.min(shape.blocks, affordable));

  const random = xoroshiro128plus(randomSeed);
  const repeats: PlannedRepeat[] = [];
  const add = (pass: PlannedRepeat['pass'], block: number, planned: readonly Unplaced[]): void => {
    for (const repeat of capacitiesFirst(scenario, shuffled(planned, random))) {
      const position = repeats.length + 1;
      repeats.push({ repeatId: repeatId(pass, block, repeat), pass, block, position, ...repeat });
    }
  };
  add('ceiling', 0, ceilings);
  for (let block = 1; block <= blocks; block++) add('timed', block, timed);
  add('traced', 0, traced);
  return {
    repeats,
    estimatedMs: blocks * blockMs + tracedMs + ceilingMs,
    blockMs,
    ceilingMs,
    tracedMs,
    notes,
  };
}

/** The name of a repeat, unique in its run. */
export function repeatId(
  pass: PlannedRepeat['pass'],
  block: number,
  { cell, tracer }: Pick<PlannedRepeat, 'cell' | 'tracer'>,
): string {
  const place = pass === 'timed' ? `b${block}` : (tracer ?? pass);
  return `${place}-${cellId(cell).replaceAll('/', '-').replaceAll('=', '-')}`;
}

/** Items in a random order that is the same for the same seed. */
export const inRandomOrder = <T>(items: readonly T[], seed: number): T[] =>
  shuffled(items, xoroshiro128plus(seed));

/** Fisher-Yates. */
function shuffled<T>(items: readonly T[], random: ReturnType<typeof xoroshiro128plus>): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
