import { ceilingSettings, ceilingVariant } from './ceiling.ts';
import { asClosedLoop } from './open-loop.ts';
import type { Cell, RepeatRecord } from './record.ts';
import type { Condition, Scenario } from './scenario.ts';

/** The name of the factor that tells the conditions of a scenario apart. */
const conditionFactor = 'condition';

/** The condition of a cell; undefined where its scenario has none. */
export function conditionOf(scenario: Scenario, cell: Cell): Condition | undefined {
  return scenario.conditions?.find(({ id }) => id === cell.factors[conditionFactor]);
}

/** What the condition of a cell makes of its server, its load, its hosts and its probes. */
export function choicesFor(scenario: Scenario, cell: Cell, pass?: RepeatRecord['pass']) {
  const condition = conditionOf(scenario, cell);
  const variant = scenario.variants.find(({ id }) => id === cell.variant) ?? ceilingVariant;
  const load = scenario.loads.find(({ id }) => id === cell.load)!;
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
