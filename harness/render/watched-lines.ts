import { requestsInFlight } from '../analysis/agreement.ts';
import type { CellAnalysis } from '../analysis/cells.ts';
import { linkRates } from '../analysis/link.ts';
import type { RepeatAnalysis } from '../analysis/repeat.ts';
import { socketsInState } from '../analysis/sockets.ts';
import { waitsOf } from '../analysis/waits.ts';
import type { RepeatRecord } from '../core/record.ts';
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
  ['server: ready to run, but without a core', ({ record }) => waitsOf(record).serverWaitShare, formatShare],
  [
    'server: gave up its core, per request',
    ({ record }) => waitsOf(record).serverVoluntaryPerRequest,
    formatCount,
  ],
  [
    'server: lost its core, per request',
    ({ record }) => waitsOf(record).serverInvoluntaryPerRequest,
    formatCount,
  ],
  ['server: held back by a quota', ({ record }) => waitsOf(record).serverThrottledShare, formatShare],
  [
    'generator: ready to run, but without a core',
    ({ record }) => waitsOf(record).generatorWaitShare,
    formatShare,
  ],
  ['generator: held back by a quota', ({ record }) => waitsOf(record).generatorThrottledShare, formatShare],
  ['taken by the hypervisor', ({ cpu }) => cpu.stolenShare, formatShare],
  [
    'somebody waited for a CPU, on the whole machine',
    ({ record }) => waitsOf(record).cpuPressureShare,
    formatShare,
  ],
  [
    'server slept while somebody waited',
    ({ record }) => record.acceptQueue?.sleepingShare ?? null,
    formatShare,
  ],
  ['  and answered nobody meanwhile', ({ record }) => record.acceptQueue?.blockedShare ?? null, formatShare],
  ["Jerry's sockets in SYN_SENT", ({ record }) => socketsInState(record, 'jerry', 'synSent'), formatCount],
  ["Tom's sockets in SYN_RECV", ({ record }) => socketsInState(record, 'tom', 'synReceived'), formatCount],
  ["Tom's sockets in TIME_WAIT", ({ record }) => socketsInState(record, 'tom', 'timeWait'), formatCount],
  ["requests in flight by Little's law", requestsInFlight, formatCount],
  ['sent by Tom, Mbit/s', ({ record }) => sentMbit(record), formatCount],
];

function sentMbit(record: RepeatRecord): number | null {
  const { tomBitsPerSecond } = linkRates(record);
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
