import type { Condition } from '../core/scenario.ts';
import type { Packets } from '../core/record.ts';
import type { DigestedRun } from './digest.ts';
import { figureByBlock, ratiosByBlock } from './by-block.ts';
import type { CellAnalysis } from './cells.ts';
import type { ConditionCell, ConditionComparison } from './conditions.ts';
import { intervalOf, type Interval } from './intervals.ts';
import { present, spreadOf, sum } from './statistics.ts';

/** What the packets of one cell's repeats show together. */
export interface CapturedCell {
  readonly variant: string;
  readonly label: string;
  /** Under the first condition that captures, which differs from the seed in nothing else. */
  readonly plain: boolean;
  readonly concurrency: number;
  readonly captures: readonly Packets[];
  /** Over all captures. */
  readonly connections: number;
  readonly synSentAgain: number;
  readonly requestSentAgain: number;
  readonly completedEmpty: number;
  /** Clients that wait for a timer: the mean over time, and the most in any bin. */
  readonly meanInBackOff: number;
  readonly mostInBackOff: number;
  readonly quiet: Packets['quiet'];
  /** Of the captured time. */
  readonly quietShare: number;
  /** The one to show: that with the longest time without an answer. */
  readonly shown: Packets;
}

/** One connection, packet by packet, and whose it was. */
export type CapturedExample = Packets['examples'][number] & Pick<CapturedCell, 'label' | 'concurrency'>;

/** What a server does while somebody waits in its queue, as its task states say, for one cell. */
export interface Waiting {
  readonly cell: ConditionCell;
  /** Mean over the blocks of the share of samples in which it slept, nothing being answered; null: not seen. */
  readonly blockedShare: number | null;
  /** Of any block. */
  readonly highestBlockedShare: number | null;
  readonly longestBlockMs: number | null;
  /** Blocks with a wait that two samples saw, and blocks that were looked at. */
  readonly blocksWithWait: number;
  readonly blocks: number;
}

/** Throughput at a concurrency over that of the same server at the lowest one, under the same condition. */
export interface Fall {
  readonly label: string;
  readonly variant: string;
  readonly concurrency: number;
  readonly from: number;
  readonly ratio: Interval | null;
}

/** What happens when an accept queue is full, and what comes back when a cause is taken away. */
export interface Phenomenon {
  readonly comparison: ConditionComparison;
  readonly captured: readonly CapturedCell[];
  /** Under the first condition. */
  readonly falls: readonly Fall[];
  readonly waitings: readonly Waiting[];
  /** The conditions that take a cause away: those that neither come first nor capture packets. */
  readonly interventions: readonly Condition[];
  /** One connection of each kind, from the baseline where it has one. */
  readonly examples: readonly CapturedExample[];
}

export const hasPackets = ({ timed }: DigestedRun): boolean => timed.some(({ packets }) => packets !== null);

export function analysePhenomenon(comparison: ConditionComparison): Phenomenon {
  const plain = comparison.conditions.find(captures);
  const captured = comparison.cells.flatMap((cell) => capturedCell(cell, cell.condition === plain));
  const [, ...others] = comparison.conditions;
  return {
    comparison,
    captured,
    falls: fallsOf(comparison),
    waitings: comparison.cells.map(waitingOf),
    interventions: others.filter((condition) => !captures(condition)),
    examples: examplesOf(captured),
  };
}

const captures = ({ probes }: Condition): boolean => probes?.includes('packets') ?? false;

/** With a name that says under which condition it was captured, unless that is the `plain` one. */
function capturedCell(
  { cell, condition, variant, label: server, concurrency }: ConditionCell,
  plain: boolean,
): CapturedCell[] {
  const label = plain ? server : `${server}, ${condition.label}`;
  const captures = present(cell.repeats.map(({ packets }) => packets));
  const [first] = captures;
  if (first === undefined) return [];
  const total = (figure: (capture: Packets) => number): number => sum(captures.map(figure));
  const inBackOff = captures.flatMap(clientsInBackOff);
  const spanMs = total((capture) => capture.spanMs);
  return [
    {
      variant,
      label,
      plain,
      concurrency,
      captures,
      connections: total((capture) => capture.connections),
      synSentAgain: total((capture) => capture.synSentAgain),
      requestSentAgain: total((capture) => capture.requestSentAgain),
      completedEmpty: total((capture) => capture.completedEmpty),
      meanInBackOff: inBackOff.length === 0 ? 0 : sum(inBackOff) / inBackOff.length,
      mostInBackOff: inBackOff.reduce((most, clients) => Math.max(most, clients), 0),
      quiet: captures.flatMap(({ quiet }) => quiet),
      quietShare: spanMs === 0 ? 0 : total(quietMs) / spanMs,
      shown: captures.reduce((best, capture) => (quietMs(capture) > quietMs(best) ? capture : best), first),
    },
  ];
}

const quietMs = ({ quiet }: Packets): number => sum(quiet.map(({ durationMs }) => durationMs));

/** In each bin, for whatever packet they wait. */
const clientsInBackOff = ({ backOff }: Packets): number[] =>
  backOff.syn.map((clients, bin) => clients + (backOff.request[bin] ?? 0));

function waitingOf(cell: ConditionCell): Waiting {
  const queues = cell.cell.repeats.filter(({ ok }) => ok).map(({ queue }) => queue);
  const shares = present(queues.map(({ blockedShare }) => blockedShare));
  const spread = spreadOf(shares);
  const longest = spreadOf(present(queues.map(({ longestBlockMs }) => longestBlockMs)));
  return {
    cell,
    blockedShare: shares.length === 0 ? null : sum(shares) / shares.length,
    highestBlockedShare: spread?.max ?? null,
    longestBlockMs: longest?.max ?? null,
    blocksWithWait: shares.filter((share) => share > 0).length,
    blocks: shares.length,
  };
}

function fallsOf({ cells, conditions }: ConditionComparison): Fall[] {
  const those = cells.filter(({ condition }) => condition === conditions[0]);
  return those.flatMap((cell): Fall[] => {
    const mine = those.filter(({ variant }) => variant === cell.variant);
    const lowest = mine.reduce((low, one) => (one.concurrency < low.concurrency ? one : low));
    if (lowest === cell) return [];
    const ratios = ratiosByBlock(rates(cell.cell), rates(lowest.cell));
    return [
      {
        label: cell.label,
        variant: cell.variant,
        concurrency: cell.concurrency,
        from: lowest.concurrency,
        ratio: intervalOf([...ratios.values()]),
      },
    ];
  });
}

const rates = (cell: CellAnalysis): Map<number, number> =>
  figureByBlock(cell, ({ requestsPerSecond }) => requestsPerSecond);

/** One of each kind; the captures come in the order of the scenario's variants. */
function examplesOf(captured: readonly CapturedCell[]): CapturedExample[] {
  const all = captured.flatMap(({ captures, label, concurrency }) =>
    captures.flatMap(({ examples }) => examples.map((example) => ({ ...example, label, concurrency }))),
  );
  return (['completed-empty', 'request-dropped', 'syn-dropped'] as const).flatMap(
    (wanted) => all.find(({ kind }) => kind === wanted) ?? [],
  );
}
