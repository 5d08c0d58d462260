import type { ConditionInput } from './scenario.ts';

type Value = string | number | boolean;

type Target = 'server' | 'load' | 'tom' | 'jerry';

/** What a factor is a setting of; `param` is its name there, where that is not the factor's own. */
export interface Factor {
  readonly name: string;
  /** Of several, where one value is to hold for all of them. */
  readonly of: Target | readonly Target[];
  readonly param?: string;
  readonly values: readonly Value[];
}

/** One condition for each combination of the factors' values, in their order; `common` holds for all of them. */
export function sweep(
  factors: readonly Factor[],
  common: Omit<ConditionInput, 'id' | 'label' | 'factors'> = {},
): ConditionInput[] {
  return combinations(factors).map((chosen) => {
    const of = (kind: Target): Record<string, Value> =>
      Object.fromEntries(
        chosen
          .filter(({ factor }) => [factor.of].flat().includes(kind))
          .map(({ factor, value }) => [factor.param ?? factor.name, value]),
      );
    return {
      ...common,
      id: chosen.map(({ factor, value }) => `${factor.name}-${slug(value)}`).join('-'),
      label: chosen.map(({ factor, value }) => `${factor.name} ${String(value)}`).join(', '),
      factors: Object.fromEntries(chosen.map(({ factor, value }) => [factor.name, value])),
      variantParams: { ...common.variantParams, ...of('server') },
      loadParams: { ...common.loadParams, ...of('load') },
      tomSysctls: { ...common.tomSysctls, ...sysctls(of('tom')) },
      jerrySysctls: { ...common.jerrySysctls, ...sysctls(of('jerry')) },
    };
  });
}

/** What stands in an identifier for a value: `4096 16384 4194304` becomes `4096-16384-4194304`. */
const slug = (value: Value): string =>
  String(value)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

const sysctls = (settings: Record<string, Value>): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      typeof value === 'boolean' ? Number(value) : value,
    ]),
  );

interface Chosen {
  readonly factor: Factor;
  readonly value: Value;
}

function combinations([first, ...others]: readonly Factor[]): Chosen[][] {
  if (first === undefined) return [[]];
  return first.values.flatMap((value) =>
    combinations(others).map((rest) => [{ factor: first, value }, ...rest]),
  );
}
