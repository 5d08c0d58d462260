import { UserError } from './errors.ts';
import { fewestBlocks } from './stopping.ts';
import type { PlanShape } from './plan-shape.ts';
import type { LoadChoice, Scenario, VariantChoice } from './scenario.ts';

export const planNames = ['full', 'quick', 'seed'] as const;
export type PlanName = (typeof planNames)[number];

/** What the command line changes about a scenario. Undefined means: as the scenario says. */
export interface Overrides {
  /** Servers beside those of the scenario. */
  readonly servers?: readonly VariantChoice[];
  readonly variants?: readonly string[];
  readonly concurrencies?: readonly number[];
  readonly conditions?: readonly string[];
  readonly load?: string;
  /** Of servers and load; 0 sets no limit. */
  readonly requestsPerConnection?: number;
  readonly repeats?: number;
  readonly windowMs?: number;
  /** Time for all repeats together. */
  readonly budgetMs?: number;
  /** How narrow the interval of each ratio is to become: blocks are then made as the figures call for. */
  readonly precision?: number;
  readonly hostKind?: string;
  /** Hosts that make the load together. */
  readonly jerries?: number;
  /** Parameters of every load. */
  readonly loadParams?: LoadChoice['params'];
  /** Where the tools of loads are, by load. */
  readonly toolPaths?: Readonly<Record<string, string>>;
}

/** The scenario as it will be run. Throws UserError where an override names something that is not there. */
export function applyOverrides(scenario: Scenario, planName: PlanName, overrides: Overrides): Scenario {
  const shape = scenario.plans[planName];
  if (shape === undefined) {
    throw new UserError(
      `scenario ${scenario.name} has no plan "${planName}"`,
      'leave out --fidelity, or add plans.seed to the scenario',
    );
  }
  const all = withServers(scenario, overrides.servers ?? []);
  const variants = overrides.variants
    ? overrides.variants.map((id) => {
        const variant = all.find((candidate) => candidate.id === id);
        if (variant) return variant;
        throw new UserError(
          `--variants: scenario ${scenario.name} has no variant "${id}"`,
          `choose from ${all.map((candidate) => candidate.id).join(', ')}`,
        );
      })
    : all;
  const planShape: PlanShape = {
    ...shape,
    windows:
      overrides.windowMs === undefined ? shape.windows : shape.windows.map(ofLength(overrides.windowMs)),
    blocks: overrides.repeats ?? (overrides.precision === undefined ? shape.blocks : fewestBlocks),
    // Whoever asks for a number of repeats gets it, however long that takes.
    ...(overrides.repeats === undefined ? {} : { budgetMs: undefined }),
    ...(overrides.budgetMs === undefined ? {} : { budgetMs: overrides.budgetMs }),
  };
  const loads = overrides.load ? [loadNamed(scenario, overrides.load)] : scenario.loads;
  for (const id of Object.keys(overrides.toolPaths ?? {})) {
    if (loads.some((load) => load.id === id)) continue;
    throw new UserError(
      `--tool-path: load "${id}" is not used`,
      `name one that is: ${loads.map((load) => load.id).join(', ')}, or choose it with --load`,
    );
  }
  const { traced, ...rest } = scenario;
  const chosen = withConcurrencies(chosenConditions(scenario, overrides.conditions), overrides.concurrencies);
  const concurrencies = overrides.concurrencies ?? scenario.concurrencies;
  const tracedConcurrencies = traced?.concurrencies.filter((concurrency) =>
    concurrencies.includes(concurrency),
  );
  return {
    ...withVariants(
      chosen === undefined ? rest : { ...rest, conditions: chosen },
      variants.map((variant) => withRequests(variant, overrides.requestsPerConnection)),
    ),
    // The sink's connections would carry one request each, which is another load.
    ...(overrides.requestsPerConnection === undefined ? {} : { ceiling: false }),
    loads: loads
      .map((load) => ({ ...load, params: { ...load.params, ...overrides.loadParams } }))
      .map((load) =>
        withRequests(withToolPath(load, overrides.toolPaths?.[load.id]), overrides.requestsPerConnection),
      ),
    concurrencies: [...concurrencies],
    hosts: {
      ...scenario.hosts,
      kind: overrides.hostKind ?? scenario.hosts.kind,
      ...(overrides.jerries === undefined ? {} : { jerries: overrides.jerries }),
    },
    plans: { ...scenario.plans, [planName]: planShape },
    ...(traced && tracedConcurrencies && tracedConcurrencies.length > 0
      ? { traced: { ...traced, concurrencies: tracedConcurrencies } }
      : {}),
  };
}

/** Whoever asks for a length of the window gets just that. */
function ofLength(windowMs: number) {
  return (rule: PlanShape['windows'][number]): PlanShape['windows'][number] => ({
    ...rule,
    windowMs,
    overflowWindowMs: undefined,
  });
}

function chosenConditions(
  { name, conditions }: Scenario,
  wanted?: readonly string[],
): Scenario['conditions'] {
  const known = conditions?.map(({ id }) => id) ?? [];
  const unknown = wanted?.find((id) => !known.includes(id));
  if (unknown !== undefined) {
    throw new UserError(
      `--condition: scenario ${name} has no condition "${unknown}"`,
      known.length === 0 ? 'leave it out' : `choose from ${known.join(', ')}`,
    );
  }
  if (wanted === undefined) return conditions;
  // A rate that is a share of a capacity needs that capacity.
  const needed = conditions?.flatMap(({ id, rateOf }) => (wanted.includes(id) && rateOf ? [rateOf] : []));
  return conditions?.filter(({ id }) => wanted.includes(id) || needed?.includes(id));
}

/** Asked for concurrencies, each condition is measured at those; but what a capacity is stays what it is. */
function withConcurrencies(
  conditions: Scenario['conditions'],
  concurrencies?: readonly number[],
): Scenario['conditions'] {
  if (concurrencies === undefined) return conditions;
  const capacities = new Set(conditions?.map(({ rateOf }) => rateOf));
  return conditions?.map((condition) =>
    condition.concurrencies?.length === 1 && capacities.has(condition.id)
      ? condition
      : { ...condition, concurrencies: [...concurrencies] },
  );
}

function withServers(scenario: Scenario, servers: readonly VariantChoice[]): VariantChoice[] {
  const all = [...scenario.variants];
  for (const server of servers) {
    if (all.some((variant) => variant.id === server.id)) {
      throw new UserError(
        `--server: there is a variant "${server.id}" already`,
        `choose another name than ${all.map((variant) => variant.id).join(', ')}`,
      );
    }
    all.push(server);
  }
  return all;
}

/** The scenario with these variants; where its baseline is none of them, the first takes its place. */
export function withVariants(scenario: Scenario, variants: readonly VariantChoice[]): Scenario {
  const baseline = variants.some((variant) => variant.id === scenario.baseline)
    ? scenario.baseline
    : variants[0]!.id;
  const ids = variants.map(({ id }) => id);
  const conditions = scenario.conditions
    ?.map((condition) => ({
      ...condition,
      ...(condition.variants ? { variants: condition.variants.filter((id) => ids.includes(id)) } : {}),
    }))
    .filter((condition) => condition.variants?.length !== 0);
  return { ...scenario, variants: [...variants], baseline, ...(conditions ? { conditions } : {}) };
}

function loadNamed(scenario: Scenario, id: string): LoadChoice {
  return scenario.loads.find((load) => load.id === id) ?? { id, params: {} };
}

function withRequests<Choice extends LoadChoice | VariantChoice>(choice: Choice, most?: number): Choice {
  return most === undefined
    ? choice
    : { ...choice, params: { ...choice.params, 'requests-per-connection': most } };
}

function withToolPath(load: LoadChoice, path: string | undefined): LoadChoice {
  return path === undefined ? load : { ...load, params: { ...load.params, path } };
}
