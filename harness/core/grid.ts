import { ceilingSettings, ceilingVariant } from './ceiling.ts';
import { asClosedLoop } from './open-loop.ts';
import { capacityConcurrency } from './rate-share.ts';
import { cellId, type Cell, type RepeatRecord } from './record.ts';
import type { Condition, LoadChoice, Scenario } from './scenario.ts';

/** The name of the factor that tells the conditions of a scenario apart. */
const conditionFactor = 'condition';

/** The condition of a cell; undefined where its scenario has none. */
export function conditionOf(scenario: Scenario, cell: Cell): Condition | undefined {
  return scenario.conditions?.find(({ id }) => id === cell.factors[conditionFactor]);
}

/** All loads that make requests somewhere in the grid. */
export const loadsUsed = ({ loads, conditions }: Scenario): LoadChoice[] => [
  ...loads,
  ...(conditions ?? []).flatMap(({ load }) => load ?? []),
];

/**
 * The load that makes the requests of a cell. `cell.load` names the load that the grid is measured with; a condition
 * may have one of its own, as it may have other parameters of the server.
 */
export function loadOf(scenario: Scenario, cell: Cell): LoadChoice {
  return conditionOf(scenario, cell)?.load ?? scenario.loads.find(({ id }) => id === cell.load)!;
}

/** What the condition of a cell makes of its server, its load, its hosts and its probes. */
export function choicesFor(scenario: Scenario, cell: Cell, pass?: RepeatRecord['pass']) {
  const condition = conditionOf(scenario, cell);
  const variant = scenario.variants.find(({ id }) => id === cell.variant) ?? ceilingVariant;
  const load = loadOf(scenario, cell);
  const loadParams = { ...load.params, ...condition?.loadParams };
  return {
    variant: { ...variant, params: { ...variant.params, ...condition?.variantParams } },
    // What a load can do shows only where it may do as much.
    load: { ...load, params: pass === 'ceiling' ? asClosedLoop(loadParams) : loadParams },
    hostSettings: {
      tom: pass === 'ceiling' ? ceilingSettings : (condition?.tomSysctls ?? {}),
      jerry: condition?.jerrySysctls ?? {},
    },
    probes: condition?.probes ?? scenario.probes,
    disturbances: condition?.disturbances ?? [],
  };
}

/** All cells of the grid, in the order in which a table shows them. */
export function cellsOf(scenario: Scenario): Cell[] {
  return scenario.loads.flatMap((load) =>
    (scenario.conditions ?? [null]).flatMap((condition) =>
      scenario.variants
        .filter(({ id }) => condition?.variants?.includes(id) ?? true)
        .flatMap((variant) =>
          (condition?.concurrencies ?? scenario.concurrencies).map((concurrency) => ({
            variant: variant.id,
            load: load.id,
            concurrency,
            factors: condition === null ? {} : { [conditionFactor]: condition.id },
          })),
        ),
    ),
  );
}

/** The cell whose throughput is the 100 % of another's rate; null for a cell whose rate is no share of one. */
export function capacityCellOf(scenario: Scenario, cell: Cell): Cell | null {
  const { conditions = [], concurrencies } = scenario;
  const reference = conditions.find(({ id }) => id === conditionOf(scenario, cell)?.rateOf);
  if (reference === undefined) return null;
  const concurrency = capacityConcurrency(reference.concurrencies ?? concurrencies, cell.concurrency);
  return {
    ...cell,
    concurrency: concurrency ?? cell.concurrency,
    factors: { [conditionFactor]: reference.id },
  };
}

/** The same repeats with those first whose throughput sets the rate of others, else in their order. */
export function capacitiesFirst<T extends { readonly cell: Cell }>(
  scenario: Scenario,
  repeats: readonly T[],
): T[] {
  const capacities = new Set(
    repeats.flatMap(({ cell }) => {
      const capacity = capacityCellOf(scenario, cell);
      return capacity === null ? [] : [cellId(capacity)];
    }),
  );
  const isCapacity = ({ cell }: T): boolean => capacities.has(cellId(cell));
  return [...repeats.filter(isCapacity), ...repeats.filter((repeat) => !isCapacity(repeat))];
}
