import type { HypothesisInput } from '../../harness/core/hypothesis.ts';
import type { ScenarioInput } from '../../harness/core/scenario.ts';
import { sweep } from '../../harness/core/sweep.ts';
import { roomy, servers, sweepPlans } from './sweeps.ts';

const connections = 20;

export const withWork = (variant: string, us: number) => ({
  variant,
  condition: `work-us-${us}`,
  concurrencies: [connections],
});

/** What both sweeps over the computation for each request have in common; they differ in Tom's cores. */
export const computeSweep = {
  variants: [servers.serial, servers.prefork1, servers.prefork2],
  baseline: 'serial',
  concurrencies: [connections],
  conditions: sweep([{ name: 'work-us', of: 'server', values: [0, 50, 200, 1000, 5000] }], {
    variantParams: roomy,
  }),
  plans: sweepPlans(2000),
} satisfies Partial<ScenarioInput>;

/** Two workers over one, which is what more processes gain. */
export const twoOverOne = (
  us: number,
): Pick<HypothesisInput['tests'][number], 'what' | 'figure' | 'of' | 'over'> => ({
  what: `${us} µs of work for each request: prefork with 2 workers over 1`,
  figure: 'requestsPerSecond',
  of: withWork('prefork-2', us),
  over: withWork('prefork-1', us),
});
