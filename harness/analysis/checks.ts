import type { CellAnalysis, Grid, Series } from './cells.ts';
import { strangersShareLimit } from './cpu.ts';
import type { LoadResult, RepeatRecord } from '../core/record.ts';
import type { RepeatAnalysis } from './repeat.ts';
import { median, present, sum } from './statistics.ts';

/** What a check found, as numbers. */
export type Fact =
  | {
      readonly kind: 'client-server';
      readonly client: number;
      readonly server: number;
      readonly allowed: number;
    }
  | {
      readonly kind: 'client-kernel';
      readonly client: number;
      readonly kernel: number;
      readonly allowed: number;
    }
  | { readonly kind: 'server-kernel'; readonly server: number; readonly kernel: number }
  | { readonly kind: 'strangers'; readonly share: number }
  | { readonly kind: 'stalled'; readonly median: number; readonly max: number; readonly oldestMs: number }
  | { readonly kind: 'halves'; readonly ratio: number }
  | { readonly kind: 'little'; readonly inFlight: number; readonly explained: boolean }
  | { readonly kind: 'ports'; readonly timeWait: number; readonly ports: number }
  | { readonly kind: 'workers'; readonly respawns: number };

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

/** How far the halves of a window, and Little's law, may be off before it is worth a line. */
export const tolerance = 0.1;

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
    overCells('little', grid, littlesLaw),
    overRepeats('ports', grid, portsInTimeWait),
  ];
}

/** `null`: could not be checked; `uncounted`: because the server keeps no counters. */
type Verdict = { readonly fact: Fact; readonly severity: number } | 'fine' | 'uncounted' | null;

function overRepeats(
  kind: CheckKind,
  grid: Grid,
  judge: (repeat: RepeatAnalysis) => Verdict,
  concerns: (repeat: RepeatAnalysis) => boolean = () => true,
): Check {
  const judged = grid.cells.flatMap((cell) =>
    cell.repeats
      .filter((repeat) => repeat.ok && concerns(repeat))
      .map((repeat) => ({ cell, block: repeat.record.block, verdict: judge(repeat) })),
  );
  return collect(kind, 'repeats', judged);
}

function overCells(kind: CheckKind, grid: Grid, judge: (cell: CellAnalysis) => Verdict): Check {
  const judged = grid.cells
    .filter((cell) => cell.ok > 0)
    .map((cell) => ({ cell, block: null, verdict: judge(cell) }));
  return collect(kind, 'cells', judged);
}

function collect(
  kind: CheckKind,
  unit: Check['unit'],
  judged: readonly { cell: CellAnalysis; block: number | null; verdict: Verdict }[],
): Check {
  const findings = judged.flatMap(({ cell, block, verdict }) =>
    verdict === null || typeof verdict === 'string' ? [] : [{ cell, block, ...verdict }],
  );
  const uncounted = judged.filter(({ verdict }) => verdict === 'uncounted');
  const skipped = uncounted.length + judged.filter(({ verdict }) => verdict === null).length;
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

/** Each client has at most one request in flight, so the server may be ahead by what was unanswered or failed. */
function clientAgainstServer(repeat: RepeatAnalysis): Verdict {
  const load = repeat.record.load;
  const server = repeat.serverAnswered;
  if (repeat.keepsNoCounters) return 'uncounted';
  if (!load || server === null) return null;
  const client = load.total.succeeded;
  const allowed = unfinished(repeat.record, load);
  const severity = beyond(server - client, allowed);
  return severity === 0 ? 'fine' : { fact: { kind: 'client-server', client, server, allowed }, severity };
}

/** Requests that may have reached the server without an answer that counts. */
function unfinished({ cell }: RepeatRecord, { total }: LoadResult): number {
  return (total.unanswered ?? cell.concurrency) + sum(Object.values(total.failed));
}

/** How far a count is outside of what it may be ahead of another. */
function beyond(ahead: number, allowed: number): number {
  return ahead < 0 ? -ahead : Math.max(0, ahead - allowed);
}

/** webbench, and what works as it does, first connects once without a request. */
const connectionsWithoutRequest = 1;

/** Each answered request had a connection of its own, which the kernel opened; those in flight may have one. */
function clientAgainstKernel(repeat: RepeatAnalysis): Verdict {
  const { passiveOpens: kernel, record } = repeat;
  // In one shared namespace the kernel's count holds other connections too.
  if (!record.load || kernel === null || record.kernel?.separate !== true) return null;
  const client = record.load.total.succeeded;
  const allowed = unfinished(record, record.load) + connectionsWithoutRequest;
  const severity = beyond(kernel - client, allowed);
  return severity === 0 ? 'fine' : { fact: { kind: 'client-kernel', client, kernel, allowed }, severity };
}

/** The kernel opens a connection before the server accepts it: it may be ahead by what waits in the queue. */
function serverAgainstKernel(repeat: RepeatAnalysis): Verdict {
  const { serverAccepted: server, passiveOpens: kernel, record } = repeat;
  if (repeat.keepsNoCounters) return 'uncounted';
  if (server === null || kernel === null || record.kernel?.separate !== true) return null;
  const severity = beyond(kernel - server, record.cell.concurrency);
  return severity === 0 ? 'fine' : { fact: { kind: 'server-kernel', server, kernel }, severity };
}

function deadWorkers(repeat: RepeatAnalysis): Verdict {
  const server = repeat.record.server;
  if (repeat.keepsNoCounters) return 'uncounted';
  if (!server) return null;
  if (server.respawns === 0) return 'fine';
  return { fact: { kind: 'workers', respawns: server.respawns }, severity: server.respawns };
}

function strangers(repeat: RepeatAnalysis): Verdict {
  const share = repeat.cpu.strangersShare;
  if (share === null) return null;
  return share <= strangersShareLimit ? 'fine' : { fact: { kind: 'strangers', share }, severity: share };
}

function stalledConnections(cell: CellAnalysis): Verdict {
  if (!cell.stalled) return null;
  if (cell.stalled.max === 0) return 'fine';
  const ages = cell.repeats.map((repeat) => repeat.record.load?.stalled?.oldestMs ?? 0);
  const { median: middle, max } = cell.stalled;
  return {
    fact: { kind: 'stalled', median: middle, max, oldestMs: Math.max(...ages) },
    severity: middle / cell.concurrency,
  };
}

function halves(cell: CellAnalysis): Verdict {
  const ratio = median(present(cell.repeats.map((repeat) => repeat.halvesRatio)));
  if (ratio === null) return null;
  if (Math.abs(ratio - 1) <= tolerance) return 'fine';
  return { fact: { kind: 'halves', ratio }, severity: Math.abs(ratio - 1) };
}

/** Mean response time × throughput: how many of the requests in flight were answered, on average. */
export function requestsInFlight(repeat: RepeatAnalysis): number | null {
  const times = repeat.record.load?.responseTime;
  if (!repeat.ok || !times || times.count === 0 || repeat.requestsPerSecond === null) return null;
  return (repeat.requestsPerSecond * times.meanUs) / 1_000_000;
}

/** In a closed loop the requests in flight are the concurrency, but those that stall or fail are in no mean. */
function littlesLaw(cell: CellAnalysis): Verdict {
  const inFlight = median(present(cell.repeats.map(requestsInFlight)));
  if (inFlight === null) return null;
  const off = Math.abs(inFlight / cell.concurrency - 1);
  if (off <= tolerance) return 'fine';
  const explained = (cell.stalled?.median ?? 0) > 0 || (cell.failedRequests ?? 0) > 0;
  return { fact: { kind: 'little', inFlight, explained }, severity: off };
}

function portsInTimeWait(repeat: RepeatAnalysis): Verdict {
  const sockets = repeat.record.sockets;
  if (!sockets) return null;
  const ports = sockets.jerryPorts.last - sockets.jerryPorts.first + 1;
  const timeWait = sockets.jerry.timeWait;
  if (timeWait / ports < portsTightShare) return 'fine';
  return { fact: { kind: 'ports', timeWait, ports }, severity: timeWait / ports };
}
