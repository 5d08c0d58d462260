import { ceilingLimitShare, type Ceiling } from './ceiling.ts';
import { generatorHadNoCpuLeft, strangersShareLimit } from './cpu.ts';
import { intervalOf, type Interval } from './intervals.ts';
import { keptItsRate, openLoopOfCell, type OpenLoopFigures } from './open-loop.ts';
import type { RepeatAnalysis } from './repeat.ts';
import { present, spreadOf, type Spread } from './statistics.ts';

/** What the repeats of one cell say together, distributions of times aside. */
export interface CellFigures {
  readonly repeats: readonly RepeatAnalysis[];
  readonly ok: number;
  readonly failed: number;
  readonly requestsPerSecond: Spread | null;
  /** Of the throughput that is typical of the cell: the median's too, where repeats scatter evenly by factors. */
  readonly interval: Interval | null;
  readonly failedRequests: number | null;
  readonly stalled: Spread | null;
  readonly overflowsPerSecond: Spread | null;
  readonly dropsPerSecond: Spread | null;
  readonly retransmitsPerThousand: Spread | null;
  readonly generatorShare: Spread | null;
  /** Throughput over what the load can do at this concurrency; null: not known. */
  readonly ceilingShare: number | null;
  /** The generator had no CPU left, or was near its ceiling: the server could perhaps do more. Null: not known. */
  readonly generatorBound: boolean | null;
  readonly strangersShare: Spread | null;
  /** Of load at a fixed rate; null: it was a closed loop. */
  readonly openLoop: OpenLoopFigures | null;
  /** The fixed rate was kept, so that nothing limited it; null: it was a closed loop. */
  readonly rateKept: boolean | null;
  /** Something else took part of the cores in most repeats: the figures are not those of our programs alone. */
  readonly disturbed: boolean;
}

export function cellFigures(
  repeats: readonly RepeatAnalysis[],
  sharedCores: boolean,
  ceiling: Ceiling | null,
): CellFigures {
  const good = repeats.filter((repeat) => repeat.ok);
  const spread = (value: (repeat: RepeatAnalysis) => number | null): Spread | null =>
    spreadOf(present(good.map(value)));
  const generatorShare = spread((repeat) => repeat.cpu.generatorShare);
  const strangersShare = spread((repeat) => repeat.cpu.strangersShare);
  const failedRequests = present(good.map((repeat) => repeat.failedRequests));
  const requestsPerSecond = spread((repeat) => repeat.requestsPerSecond);
  const openLoop = openLoopOfCell(good);
  const rateKept = openLoop && keptItsRate(openLoop, requestsPerSecond?.median ?? null);
  const ceilingShare =
    ceiling && requestsPerSecond ? requestsPerSecond.median / ceiling.requestsPerSecond : null;
  return {
    repeats,
    ok: good.length,
    failed: repeats.length - good.length,
    requestsPerSecond,
    interval: intervalOf(present(good.map((repeat) => repeat.requestsPerSecond))),
    failedRequests: failedRequests.length > 0 ? failedRequests.reduce((a, b) => a + b, 0) : null,
    stalled: spread((repeat) => repeat.stalled),
    overflowsPerSecond: spread((repeat) => repeat.overflowsPerSecond),
    dropsPerSecond: spread((repeat) => repeat.dropsPerSecond),
    retransmitsPerThousand: spread((repeat) => repeat.retransmitsPerThousand),
    generatorShare,
    ceilingShare,
    openLoop,
    rateKept,
    generatorBound:
      rateKept === true
        ? false
        : isGeneratorBound(generatorHadNoCpuLeft(generatorShare?.median ?? null, sharedCores), ceilingShare),
    strangersShare,
    disturbed: (strangersShare?.median ?? 0) > strangersShareLimit,
  };
}

function isGeneratorBound(hadNoCpuLeft: boolean | null, ceilingShare: number | null): boolean | null {
  if (hadNoCpuLeft === true || (ceilingShare ?? 0) > ceilingLimitShare) return true;
  return hadNoCpuLeft === null && ceilingShare === null ? null : false;
}
