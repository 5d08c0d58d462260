import type { Run } from '../../harness/core/journal.ts';
import type { CpuReading } from '../../harness/core/record.ts';
import { madeUpRun } from './made-up-run.ts';

type Process = CpuReading['processes'][number];

export const processOf = (host: Process['host'], times: Partial<Process>): Process => ({
  host,
  role: 'main',
  pid: 1,
  userMs: 0,
  systemMs: 0,
  runMs: 0,
  waitMs: 0,
  ...times,
});

/** A server of two processes, its load and the harness. */
export const processes: Process[] = [
  processOf('tom', { pid: 100, waitMs: 150, voluntarySwitches: 900, involuntarySwitches: 100 }),
  processOf('tom', { pid: 101, waitMs: 50, voluntarySwitches: 100, involuntarySwitches: 0 }),
  processOf('jerry', { pid: 200, waitMs: 30, userMs: 400, voluntarySwitches: 5, involuntarySwitches: 5 }),
  processOf('harness', { pid: 300, waitMs: 7 }),
];

/** Records of 1,000 requests in a window of a second, with this in their CPU readings. */
export const runWithCpu = (cpu: Partial<CpuReading>): Run =>
  madeUpRun({
    blocks: 1,
    noise: 0,
    scenario: { concurrencies: [5], traced: undefined },
    behaviour: () => ({ requestsPerSecond: 1000 }),
    adjust: (record) => ({ ...record, cpu: { ...record.cpu!, ...cpu } }),
  });
