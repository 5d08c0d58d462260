import type { FigureName } from '../core/hypothesis.ts';
import type { RepeatRecord } from '../core/record.ts';
import { isDeadlocked } from './deadlock.ts';
import { linkRates } from './link.ts';
import type { RepeatAnalysis } from './repeat.ts';
import { present, sum } from './statistics.ts';
import { waitsOf } from './waits.ts';

/** A figure that a hypothesis can be about. */
export interface NamedFigure {
  readonly label: string;
  /** What it is counted in; empty for a plain number. Shares are from 0 to 1. */
  readonly unit: string;
  /**
   * How its blocks are taken together. `ratio`: it is above zero and scatters by factors, so logarithms are averaged.
   * `amount`: it may be zero, so it is averaged itself.
   */
  readonly scale: 'ratio' | 'amount';
  /** Set where it means something although counts of client and server contradict each other. */
  readonly ofInvalid?: true;
  /** Of one good repeat; null: not measured there. */
  readonly of: (repeat: RepeatAnalysis) => number | null;
}

const ratio = (label: string, unit: string, of: NamedFigure['of']): NamedFigure => ({
  label,
  unit,
  scale: 'ratio',
  of,
});
const amount = (label: string, unit: string, of: NamedFigure['of']): NamedFigure => ({
  label,
  unit,
  scale: 'amount',
  of,
});

const answered = ({ record }: RepeatAnalysis): number | null => record.load?.total.succeeded || null;

/** A count over the whole life of the load, for each request that succeeded in it. */
const perRequest =
  (count: (repeat: RepeatAnalysis) => number | null | undefined) =>
  (repeat: RepeatAnalysis): number | null => {
    const [counted, requests] = [count(repeat), answered(repeat)];
    return counted == null || requests === null ? null : counted / requests;
  };

const counted = ({ server }: RepeatRecord, what: 'emptyAccepts' | 'eagains'): number | null =>
  server ? sum(server.processes.map((process) => process[what])) : null;

interface Calls {
  readonly calls: number;
  readonly timeUs: number;
}

/** What all processes of a traced repeat spent in calls of these names; null: nobody traced, or there were none. */
function callsOf({ syscalls, syscallTimes }: RepeatRecord, names: readonly string[]): Calls | null {
  const rows: readonly (Calls & { readonly syscall: string })[] =
    syscallTimes ?? (syscalls ?? []).flatMap((profile) => profile.rows);
  const own = rows.filter(({ syscall }) => names.includes(syscall));
  const calls = sum(own.map((row) => row.calls));
  return calls === 0 ? null : { calls, timeUs: sum(own.map((row) => row.timeUs)) };
}

const usPerCall =
  (...names: readonly string[]) =>
  ({ record }: RepeatAnalysis): number | null => {
    const found = callsOf(record, names);
    return found && found.timeUs / found.calls;
  };

/** Of the time that a request takes a server which answers one after the other, the part within these two calls. */
function shareOfCalls({ record, requestsPerSecond }: RepeatAnalysis): number | null {
  const calls = present(['writev', 'close'].map((name) => callsOf(record, [name])));
  if (calls.length < 2 || requestsPerSecond === null) return null;
  return (sum(calls.map((one) => one.timeUs / one.calls)) * requestsPerSecond) / 1e6;
}

/** The registry of them. */
export const figures: Readonly<Record<FigureName, NamedFigure>> = {
  requestsPerSecond: ratio('successful requests per second', '/s', (repeat) => repeat.requestsPerSecond),
  leastAnswersPerSecond: amount(
    'answers per second in the slowest 200 ms',
    '/s',
    ({ record }) => record.acceptQueue?.answersPerSecond?.min ?? null,
  ),
  meanResponseMs: ratio('mean response time', 'ms', ({ record }) =>
    record.load?.responseTime ? record.load.responseTime.meanUs / 1000 : null,
  ),
  serverCpuUsPerRequest: ratio(
    "CPU time of the server's cores for a request",
    'µs',
    (repeat) => repeat.serverCpuUsPerRequest,
  ),
  serverCoreShare: amount("share of the server's cores that was used", '', ({ cpu }) => cpu.serverShare),
  loadCpuShare: amount("share of one core that the load's process used", '', ({ cpu }) =>
    cpu.generatorPercent === null ? null : cpu.generatorPercent / 100,
  ),
  parentCpuShare: amount("the parent's CPU time, of one core", '', ({ cpu }) =>
    cpu.parentPercent === null ? null : cpu.parentPercent / 100,
  ),
  overflowsPerRequest: amount(
    'overflows of the accept queue for each answered request',
    '',
    perRequest(({ overflows }) => overflows),
  ),
  retransmitsPerRequest: amount(
    'segments sent again for each answered request',
    '',
    perRequest(({ retransmits }) => retransmits),
  ),
  queueFullShare: amount(
    'share of the time in which the accept queue was full',
    '',
    ({ record }) => record.acceptQueue?.fullShare ?? null,
  ),
  queueMeanLength: amount(
    'mean length of the accept queue',
    'connections',
    ({ record }) => record.acceptQueue?.meanLength ?? null,
  ),
  blockedShare: amount(
    'share of the time in which the server slept while somebody waited, and nothing was answered',
    '',
    ({ record }) => record.acceptQueue?.blockedShare ?? null,
  ),
  longestBlockMs: amount(
    'longest such sleep',
    'ms',
    ({ record }) => record.acceptQueue?.longestBlockMs ?? null,
  ),
  stalled: amount('requests that were never answered', '', (repeat) => repeat.stalled),
  emptyAcceptsPerRequest: amount(
    'accepts that found nobody, for each answered request',
    '',
    perRequest(({ record }) => counted(record, 'emptyAccepts')),
  ),
  eagainsPerRequest: amount(
    'reads and writes that would have blocked, for each answered request',
    '',
    perRequest(({ record }) => counted(record, 'eagains')),
  ),
  switchesPerRequest: amount(
    'times that the server gave up its core to wait, for each answered request',
    '',
    ({ record }) => waitsOf(record).serverVoluntaryPerRequest,
  ),
  linkMbitPerSecond: amount("what the server's side sends over the link", 'Mbit/s', ({ record }) => {
    const { tomBitsPerSecond } = linkRates(record);
    return tomBitsPerSecond === null ? null : tomBitsPerSecond / 1e6;
  }),
  writevUsPerCall: ratio('time in a writev', 'µs', usPerCall('writev')),
  closeUsPerCall: ratio('time in a close', 'µs', usPerCall('close')),
  acceptUsPerCall: ratio('time in an accept', 'µs', usPerCall('accept', 'accept4')),
  receiveUsPerCall: ratio('time in a recv', 'µs', usPerCall('recvfrom', 'read')),
  deadlocked: {
    ...amount('share of the repeats in which parent and worker wait for each other', '', ({ record }) => {
      const found = isDeadlocked(record);
      return found === null ? null : Number(found);
    }),
    ofInvalid: true,
  },
  waitingAtEnd: {
    ...amount(
      'connections left in the accept queue when no further one came',
      'connections',
      ({ record }) => record.standstill?.waiting ?? null,
    ),
    ofInvalid: true,
  },
  writevAndCloseShare: amount('share of a request spent in writev and close', '', shareOfCalls),
};
