import { ceilingsOf } from '../analysis/ceiling.ts';
import { cpuUse } from '../analysis/cpu.ts';
import { present } from '../analysis/statistics.ts';
import { ceilingVariant } from '../core/ceiling.ts';
import { InterruptedError } from '../core/errors.ts';
import type { PlannedRepeat } from '../core/manifest.ts';
import type { Load, Machine } from '../core/plugin.ts';
import { throughput, type RepeatRecord } from '../core/record.ts';
import { loadPlugin } from '../effects/registry.ts';
import { runRepeat } from '../engine/repeat.ts';
import { Teardown } from '../engine/teardown.ts';
import type { ChosenHosts } from './choose-hosts.ts';

/** A few short repeats of a load against the sink, on the hosts that a run would have. */
export interface Trial {
  readonly hosts: string;
  readonly load: string;
  /** Requests per second of the same repeat, made again and again. */
  readonly repeats: readonly number[];
  /** What something else took of a host's cores, from 0 to 1, in each repeat where it is known. */
  readonly strangersShares: readonly number[];
  readonly ceilings: readonly { readonly concurrency: number; readonly requestsPerSecond: number }[];
  readonly sharedCores: boolean;
  /** Why nothing could be measured. */
  readonly failure: string | null;
}

const fewConnections = 50;
const manyConnections = 1000;
const repeatsAtFew = 5;

/** Throws InterruptedError when `signal` was aborted. */
export async function tryOut(machine: Machine, hosts: ChosenHosts, signal: AbortSignal): Promise<Trial> {
  const loadName =
    (await (await loadPlugin('loads', 'uring')).check(hosts.jerry, { id: 'uring', params: {} })) === null
      ? 'uring'
      : 'epoll';
  const teardown = new Teardown();
  try {
    const { testbed } = await hosts.open({ tom: {}, jerry: {} });
    teardown.add(() => testbed.close());
    const load = await loadPlugin('loads', loadName);
    const variant = await loadPlugin('variants', ceilingVariant.plugin);
    const probes = [{ name: 'cpu', probe: await loadPlugin('probes', 'cpu') }];
    const records: RepeatRecord[] = [];
    for (const planned of trialPlan(loadName, load)) {
      if (signal.aborted) throw new InterruptedError();
      const { record } = await runRepeat({
        ...{ attempt: 1, position: 1, planned, machine, testbed, variant, load, probes, signal },
        variantChoice: ceilingVariant,
        loadChoice: { id: loadName, params: {} },
        unavailable: [],
        port: testbed.port,
        onStep: () => undefined,
      });
      records.push(record);
    }
    const { sharedCores } = await testbed.describe();
    return summary(records, hosts.name, loadName, sharedCores.length > 0);
  } finally {
    await teardown.run();
  }
}

function trialPlan(loadName: string, { minimumWindowMs }: Load): PlannedRepeat[] {
  const repeat = (concurrency: number, index: number): PlannedRepeat => ({
    repeatId: `doctor-c${concurrency}-${index}`,
    pass: 'ceiling',
    block: 0,
    position: index,
    cell: { variant: ceilingVariant.id, load: loadName, concurrency, factors: {} },
    warmupMs: 150,
    windowMs: Math.max(600, minimumWindowMs),
    drainMs: 50,
  });
  return [
    ...Array.from({ length: repeatsAtFew }, (_, index) => repeat(fewConnections, index + 1)),
    repeat(manyConnections, repeatsAtFew + 1),
  ];
}

function summary(records: readonly RepeatRecord[], hosts: string, load: string, sharedCores: boolean): Trial {
  const failed = records.find((record) => record.failure);
  const rates = records
    .filter(({ cell }) => cell.concurrency === fewConnections)
    .map((record) => (record.load ? throughput(record.load) : null));
  const ceilings = [fewConnections, manyConnections].flatMap((concurrency) => {
    const own = records.filter(({ cell }) => cell.concurrency === concurrency);
    const [ceiling] = ceilingsOf(own, [concurrency], sharedCores);
    return ceiling ? [{ concurrency, requestsPerSecond: ceiling.requestsPerSecond }] : [];
  });
  return {
    ...{ hosts, load, ceilings, sharedCores },
    repeats: present(rates),
    strangersShares: present(records.map((record) => cpuUse(record).strangersShare)),
    failure: failed?.failure ? `${failed.failure.stage}: ${failed.failure.message}` : null,
  };
}
