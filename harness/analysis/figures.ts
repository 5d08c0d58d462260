import type { FigureName } from '../core/hypothesis.ts';
import { isDeadlocked } from './deadlock.ts';
import type { RepeatAnalysis } from './repeat.ts';

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

/** A count over the whole life of the load, for each request that succeeded in it. */
const perRequest =
  (count: (repeat: RepeatAnalysis) => number | null) =>
  (repeat: RepeatAnalysis): number | null => {
    const [counted, requests] = [count(repeat), repeat.totalSucceeded];
    return counted === null || requests === null || requests === 0 ? null : counted / requests;
  };

/** Of the time that a request takes a server which answers one after the other, the part within these two calls. */
function shareOfCalls({ calls, requestsPerSecond }: RepeatAnalysis): number | null {
  const { writevUs, closeUs } = calls;
  if (writevUs === null || closeUs === null || requestsPerSecond === null) return null;
  return ((writevUs + closeUs) * requestsPerSecond) / 1e6;
}

/** The registry of them. */
export const figures: Readonly<Record<FigureName, NamedFigure>> = {
  requestsPerSecond: ratio('successful requests per second', '/s', (repeat) => repeat.requestsPerSecond),
  leastAnswersPerSecond: amount(
    'answers per second in the slowest 200 ms',
    '/s',
    ({ queue }) => queue.leastAnswersPerSecond,
  ),
  meanResponseMs: ratio('mean response time', 'ms', ({ responseTime }) =>
    responseTime === null ? null : responseTime.meanUs / 1000,
  ),
  medianResponseMs: ratio('median response time', 'ms', ({ responseTime }) =>
    responseTime === null ? null : responseTime.p50Us / 1000,
  ),
  p99ResponseMs: ratio('99th percentile of the response time', 'ms', ({ responseTime }) =>
    responseTime === null ? null : responseTime.p99Us / 1000,
  ),
  scheduleErrorP99Ms: amount(
    "99th percentile of the error of the load's schedule",
    'ms',
    ({ scheduleError }) => (scheduleError === null ? null : scheduleError.p99Us / 1000),
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
  synAcksSentAgainPerRequest: amount(
    "SYN-ACKs that the server's kernel sent again, for each answered request",
    '',
    perRequest((repeat) => repeat.synAcksSentAgain),
  ),
  failuresPerRequest: amount(
    'requests that failed, for each answered one',
    '',
    ({ failedRequests, succeeded }) =>
      failedRequests === null || succeeded === null || succeeded === 0 ? null : failedRequests / succeeded,
  ),
  queueFullShare: amount(
    'share of the time in which the accept queue was full',
    '',
    ({ queue }) => queue.fullShare,
  ),
  queueMeanLength: amount('mean length of the accept queue', 'connections', ({ queue }) => queue.meanLength),
  blockedShare: amount(
    'share of the time in which the server slept while somebody waited, and nothing was answered',
    '',
    ({ queue }) => queue.blockedShare,
  ),
  longestBlockMs: amount('longest such sleep', 'ms', ({ queue }) => queue.longestBlockMs),
  stalled: amount('requests that were never answered', '', (repeat) => repeat.stalled),
  emptyAcceptsPerRequest: amount(
    'accepts that found nobody, for each answered request',
    '',
    perRequest(({ emptyAccepts }) => emptyAccepts),
  ),
  eagainsPerRequest: amount(
    'reads and writes that would have blocked, for each answered request',
    '',
    perRequest(({ eagains }) => eagains),
  ),
  switchesPerRequest: amount(
    'times that the server gave up its core to wait, for each answered request',
    '',
    ({ waits }) => waits.serverVoluntaryPerRequest,
  ),
  linkMbitPerSecond: amount("what the server's side sends over the link", 'Mbit/s', ({ link }) =>
    link.tomBitsPerSecond === null ? null : link.tomBitsPerSecond / 1e6,
  ),
  writevUsPerCall: ratio(
    'time in the write of a response (writev or send)',
    'µs',
    ({ calls }) => calls.writevUs,
  ),
  closeUsPerCall: ratio('time in a close', 'µs', ({ calls }) => calls.closeUs),
  acceptUsPerCall: ratio('time in an accept', 'µs', ({ calls }) => calls.acceptUs),
  receiveUsPerCall: ratio('time in a recv', 'µs', ({ calls }) => calls.receiveUs),
  deadlocked: {
    ...amount('share of the repeats in which parent and worker wait for each other', '', (repeat) => {
      const found = isDeadlocked(repeat);
      return found === null ? null : Number(found);
    }),
    ofInvalid: true,
  },
  waitingAtEnd: {
    ...amount(
      'connections left in the accept queue when no further one came',
      'connections',
      ({ standstill }) => standstill?.waiting ?? null,
    ),
    ofInvalid: true,
  },
  writevAndCloseShare: amount('share of a request spent in writing and closing', '', shareOfCalls),
};
