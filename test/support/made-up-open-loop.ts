import { encodeDistribution } from '../../harness/core/generator-output.ts';
import type { RepeatRecord } from '../../harness/core/record.ts';

/** Requests per second that a made-up open loop asks for. */
export const asked = 1000;

const timesOf = (us: number, count: number) =>
  encodeDistribution({ count, mean: us, max: us, buckets: count === 0 ? [] : [[us, count]] });

/** The record as one of an open loop: of 1000 planned requests `unstarted` never started, and 100 waited. */
export function atFixedRate(record: RepeatRecord, unstarted: number): RepeatRecord {
  const started = asked - unstarted;
  const waited = Math.min(100, started);
  const openLoop: NonNullable<NonNullable<RepeatRecord['load']>['openLoop']> = {
    rate: asked,
    arrivals: 'poisson',
    seed: 1,
    planned: asked,
    started,
    waited,
    unstarted,
    before: { planned: 200, carriedOver: 0, unstarted: 0 },
    oldestUnstartedMs: unstarted,
    scheduleError: timesOf(60 + 20 * record.block, started - waited),
    wait: timesOf(5000, waited),
  };
  return { ...record, load: { ...record.load!, openLoop } };
}

/** The record with response times that are all `us`. */
export const withResponseTimes = (record: RepeatRecord, us: number): RepeatRecord => ({
  ...record,
  load: { ...record.load!, responseTime: timesOf(us, record.load!.window.succeeded) },
});
