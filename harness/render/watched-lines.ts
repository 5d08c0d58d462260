import { requestsInFlight } from '../analysis/agreement.ts';
import type { CellAnalysis } from '../analysis/cells.ts';
import type { RepeatAnalysis } from '../analysis/repeat.ts';
import { formatCount, formatShare, noData } from './format.ts';

export function orNone(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? noData : format(value);
}

type Watched = readonly [
  what: string,
  figure: (repeat: RepeatAnalysis) => number | null,
  format: (value: number) => string,
];

const watched: readonly Watched[] = [
  ['server: ready to run, but without a core', ({ waits }) => waits.serverWaitShare, formatShare],
  ['server: gave up its core, per request', ({ waits }) => waits.serverVoluntaryPerRequest, formatCount],
  ['server: lost its core, per request', ({ waits }) => waits.serverInvoluntaryPerRequest, formatCount],
  ['server: held back by a quota', ({ waits }) => waits.serverThrottledShare, formatShare],
  ['generator: ready to run, but without a core', ({ waits }) => waits.generatorWaitShare, formatShare],
  ['generator: held back by a quota', ({ waits }) => waits.generatorThrottledShare, formatShare],
  ['taken by the hypervisor', ({ cpu }) => cpu.stolenShare, formatShare],
  ['somebody waited for a CPU, on the whole machine', ({ waits }) => waits.cpuPressureShare, formatShare],
  ['server slept while somebody waited', ({ queue }) => queue.sleepingShare, formatShare],
  ['  and answered nobody meanwhile', ({ queue }) => queue.blockedShare, formatShare],
  ["Jerry's sockets in SYN_SENT", ({ sockets }) => sockets.jerrySynSent, formatCount],
  ["Tom's sockets in SYN_RECV", ({ sockets }) => sockets.tomSynReceived, formatCount],
  ["Tom's sockets in TIME_WAIT", ({ sockets }) => sockets.tomMeanTimeWait, formatCount],
  ["requests in flight by Little's law", requestsInFlight, formatCount],
  ['sent by Tom, Mbit/s', sentMbit, formatCount],
];

function sentMbit({ link: { tomBitsPerSecond } }: RepeatAnalysis): number | null {
  return tomBitsPerSecond === null ? null : tomBitsPerSecond / 1e6;
}

/** What the probes saw, one column a repeat. */
export function watchedLines({ repeats }: CellAnalysis): string[] {
  const good = repeats.filter(({ ok }) => ok);
  const rows = watched
    .map(([what, figure, format]) => [what, ...good.map((repeat) => orNone(figure(repeat), format))])
    .filter(([, ...values]) => values.some((value) => value !== noData));
  if (rows.length === 0) return [];
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return [
    `What the probes saw, in block ${good.map(({ record }) => record.block).join(', ')}:`,
    ...rows.map(([what, ...values]) =>
      ['', what!.padEnd(widths[0]!), ...values.map((value, at) => value.padStart(widths[at + 1]!))].join(
        '  ',
      ),
    ),
    '',
  ];
}
