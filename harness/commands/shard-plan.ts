import { createHash } from 'node:crypto';
import { UserError } from '../core/errors.ts';
import type { Shard } from '../core/manifest.ts';
import { buildPlan, type LoadTiming, type Plan } from '../core/plan.ts';
import type { PlanName } from '../core/overrides.ts';
import type { Scenario } from '../core/scenario.ts';
import { partOfPlan, type ShardChoice } from '../core/shard.ts';
import type { RunOptions } from './run-options.ts';

/** The plan of a run: the whole one, or a shard's part and which one it is of what. */
export interface PlanPart {
  readonly plan: Plan;
  readonly shard?: Shard;
}

interface Planned {
  readonly scenario: Scenario;
  readonly planName: PlanName;
  readonly randomSeed: number;
  readonly loads: ReadonlyMap<string, LoadTiming>;
}

/** Throws UserError where nothing is left of the scenario, or too little for so many shards. */
export function planFor({ scenario, planName, randomSeed, loads }: Planned, shard?: ShardChoice): PlanPart {
  const whole = buildPlan(scenario, planName, randomSeed, loads);
  if (shard === undefined) return { plan: whole };
  const hash = createHash('sha256').update(JSON.stringify(whole.repeats)).digest('hex');
  return { plan: partOfPlan(whole, shard), shard: { index: shard.index, of: shard.of, plan: hash } };
}

/** Throws UserError for options that shards could not agree about. */
export function refuseUnfitShard({ shard, seed, precision }: RunOptions): void {
  if (shard === undefined) return;
  if (seed === undefined) {
    throw new UserError(
      '--shard: without the same random seed the shards would make parts of different plans',
      'give every shard the same one, such as --seed 1',
    );
  }
  if (precision === undefined) return;
  throw new UserError(
    '--shard and --precision exclude each other: how many blocks a precision takes shows in the figures of all shards',
    'give a number of blocks with --repeats instead',
  );
}
