import type { CellAnalysis, Grid, Series } from './cells.ts';
import { strangersShareLimit } from './cpu.ts';
import {
  beyond,
  clientAgainstKernel,
  clientAgainstServer,
  littlesLaw,
  tolerance,
  type Fact,
  type Outcome,
} from './agreement.ts';
import { isOpenLoop } from './open-loop.ts';
import type { RepeatAnalysis } from './repeat.ts';
import { median, present } from './statistics.ts';

export type CheckKind = Fact['kind'];

export interface Finding {
  readonly cell: CellAnalysis;
  /** Null where the finding is about the whole cell. */
  readonly block: number | null;
  readonly fact: Fact;
  /** Within one check, the larger the worse. */
  readonly severity: number;
}

/** What one check looked at and found, worst first. */
export interface Check {
  readonly kind: CheckKind;
  readonly unit: 'repeats' | 'cells';
  readonly checked: number;
  /** How many could not be checked. */
  readonly skipped: number;
  /** Who was skipped because a server keeps no counters. */
  readonly uncounted: readonly Series[];
  readonly findings: readonly Finding[];
}

/** From this share of the ports in TIME_WAIT on, a client that needs a new one may have to wait or fail. */
export const portsTightShare = 0.8;

/** Holds what client, server and kernel counted against each other, and each cell against itself. */
export function runChecks(grid: Grid): Check[] {
  const clientKernel = overRepeats(
    'client-kernel',
    grid,
    clientAgainstKernel,
    (repeat) => repeat.keepsNoCounters,
  );
  return [
    overRepeats('client-server', grid, clientAgainstServer),
    overRepeats('server-kernel', grid, serverAgainstKernel),
    // Where a server counts itself the two checks before say more.
    ...(clientKernel.checked + clientKernel.skipped > 0 ? [clientKernel] : []),
    overRepeats('workers', grid, deadWorkers),
    overRepeats('strangers', grid, strangers),
    overCells('stalled', grid, stalledConnections),
    overCells('halves', grid, halves),
    ...(grid.cells.every(isOpenLoop) ? [] : [overCells('little', grid, littlesLaw)]),
    overRepeats('ports', grid, portsInTimeWait),
  ];
}

function overRepeats(
  kind: CheckKind,
  grid: Grid,
  judge: (repeat: RepeatAnalysis) => Outcome,
  concerns: (repeat: RepeatAnalysis) => boolean = () => true,
): Check {
  const judged = grid.cells.flatMap((cell) =>
    cell.repeats
      .filter((repeat) => repeat.ok && concerns(repeat))
      .map((repeat) => ({ cell, block: repeat.record.block, outcome: judge(repeat) })),
  );
  return collect(kind, 'repeats', judged);
}

function overCells(kind: CheckKind, grid: Grid, judge: (cell: CellAnalysis) => Outcome): Check {
  const judged = grid.cells
    .filter((cell) => cell.ok > 0)
    .map((cell) => ({ cell, block: null, outcome: judge(cell) }));
  return collect(kind, 'cells', judged);
}

function collect(
  kind: CheckKind,
  unit: Check['unit'],
  judged: readonly { cell: CellAnalysis; block: number | null; outcome: Outcome }[],
): Check {
  const findings = judged.flatMap(({ cell, block, outcome }) =>
    outcome === null || typeof outcome === 'string' ? [] : [{ cell, block, ...outcome }],
  );
  const uncounted = judged.filter(({ outcome }) => outcome === 'uncounted');
  const skipped = uncounted.length + judged.filter(({ outcome }) => outcome === null).length;
  const uncountedSeries = new Map(uncounted.map(({ cell }) => [cell.series.id, cell.series]));
  return {
    kind,
    unit,
    checked: judged.length - skipped,
    skipped,
    uncounted: [...uncountedSeries.values()],
    findings: findings.sort((a, b) => b.severity - a.severity),
  };
}

/** The kernel opens a connection before the server accepts it: it may be ahead by what waits in the queue. */
function serverAgainstKernel(repeat: RepeatAnalysis): Outcome {
  const { serverAccepted: server, passiveOpens: kernel, record } = repeat;
  if (repeat.keepsNoCounters) return 'uncounted';
  if (server === null || kernel === null || !repeat.countsApart) return null;
  const severity = beyond(kernel - server, record.cell.concurrency);
  return severity === 0 ? 'fine' : { fact: { kind: 'server-kernel', server, kernel }, severity };
}

function deadWorkers(repeat: RepeatAnalysis): Outcome {
  const { respawns } = repeat;
  if (repeat.keepsNoCounters) return 'uncounted';
  if (respawns === null) return null;
  return respawns === 0 ? 'fine' : { fact: { kind: 'workers', respawns }, severity: respawns };
}

function strangers(repeat: RepeatAnalysis): Outcome {
  const share = repeat.cpu.strangersShare;
  if (share === null) return null;
  return share <= strangersShareLimit ? 'fine' : { fact: { kind: 'strangers', share }, severity: share };
}

function stalledConnections(cell: CellAnalysis): Outcome {
  if (!cell.stalled) return null;
  if (cell.stalled.max === 0) return 'fine';
  const ages = cell.repeats.map((repeat) => repeat.oldestStalledMs ?? 0);
  const { median: middle, max } = cell.stalled;
  return {
    fact: { kind: 'stalled', median: middle, max, oldestMs: Math.max(...ages) },
    severity: middle / cell.concurrency,
  };
}

function halves(cell: CellAnalysis): Outcome {
  const ratio = median(present(cell.repeats.map((repeat) => repeat.halvesRatio)));
  if (ratio === null) return null;
  if (Math.abs(ratio - 1) <= tolerance) return 'fine';
  return { fact: { kind: 'halves', ratio }, severity: Math.abs(ratio - 1) };
}

function portsInTimeWait(repeat: RepeatAnalysis): Outcome {
  const { jerryPorts: ports, jerryTimeWait: timeWait } = repeat.sockets;
  if (ports === null || timeWait === null) return null;
  if (timeWait / ports < portsTightShare) return 'fine';
  return { fact: { kind: 'ports', timeWait, ports }, severity: timeWait / ports };
}
