import type { Manifest, PlannedRepeat, Precision } from '../core/manifest.ts';
import { loadsUsed } from '../core/grid.ts';
import { rateOf } from '../core/open-loop.ts';
import type { Plan } from '../core/plan.ts';
import { cellId, listenOverflows, throughput, type RepeatRecord } from '../core/record.ts';
import type { Scenario } from '../core/scenario.ts';
import { plural } from '../render/format.ts';
import { formatDuration, formatEstimate } from '../core/units.ts';

/**
 * Time that a run will still take after `done` repeats, which took `elapsedMs`. The plan's estimate of the whole fades
 * as real durations come in.
 */
export function remainingMs(done: number, total: number, estimatedMs: number, elapsedMs: number): number {
  const share = done / total;
  const wholeMs = estimatedMs * (1 - share) + elapsedMs;
  return wholeMs * (1 - share);
}

/** One line for each finished repeat: where the run stands, what was measured, how long it goes on. */
export function progressLines(
  { repeats, estimatedMs: planned }: Pick<Manifest, 'repeats' | 'estimatedMs'>,
  write: (line: string) => void,
  earlier: readonly RepeatRecord[] = [],
) {
  const began = performance.now() - earlier.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
  let total = repeats.length;
  let estimatedMs = planned;
  const width = String(total).length;
  let done = new Set(earlier.map(({ repeatId }) => repeatId)).size;
  return {
    planned(more: readonly PlannedRepeat[]): void {
      estimatedMs *= (total + more.length) / total;
      total += more.length;
      const { block } = more[0]!;
      write(`block ${block}: ${plural(more.length, 'repeat')} more, where ratios are not known well enough`);
    },
    finished(record: RepeatRecord): void {
      done += 1;
      const remaining = remainingMs(done, total, estimatedMs, performance.now() - began);
      const left = done === total ? '' : `   ${formatDuration(Math.max(1000, remaining))} left`;
      write(`[${String(done).padStart(width)}/${total}] ${name(record)}  ${columns(record)}${left}`);
    },
  };
}

function name(record: RepeatRecord): string {
  const { cell, pass, block } = record;
  const where = pass === 'timed' ? `block ${block}` : pass.padEnd(7);
  const server = [cell.variant, ...Object.values(cell.factors).map(String)].join(' ');
  return `${where}  ${server.padEnd(16)} ${cell.load} × ${String(cell.concurrency).padEnd(5)}`;
}

function columns(record: RepeatRecord): string {
  const { figure, note } = outcomeOf(record);
  if (note === null) return record.failure ? figure : figure.padEnd(28);
  return `${figure.padStart(13)}  ${note.padEnd(17)}`;
}

/** What a repeat gave, and what a reader must know about it; a note only where there is a rate. */
export function outcomeOf(record: RepeatRecord): { readonly figure: string; readonly note: string | null } {
  if (record.failure)
    return { figure: `FAILED (${record.failure.stage}): ${record.failure.message}`, note: null };
  if (record.pass === 'traced') {
    if (record.syscallTimes) return { figure: 'syscalls timed', note: null };
    return { figure: record.syscalls ? 'syscalls counted' : 'no syscall profile', note: null };
  }
  if (!record.load) return { figure: '', note: null };
  const overflows = listenOverflows(record) ?? 0;
  return {
    figure: `${Math.round(throughput(record.load)).toLocaleString('en-US')} req/s`,
    note: overflows > 0 ? `${overflows.toLocaleString('en-US')} overflows` : '',
  };
}

/** A failed repeat as the end of a run names it. */
export function failureLine(record: RepeatRecord): string {
  return `${cellId(record.cell)} (${record.repeatId}, ${record.failure?.stage}): ${record.failure?.message}`;
}

/** The plan in two lines, as it stands at the start of a run, and what is not in it. */
export function describePlan({ repeats, estimatedMs, notes }: Plan): string[] {
  const timed = repeats.filter((repeat) => repeat.pass === 'timed');
  const others = (['ceiling', 'traced'] as const)
    .map((pass) => ({ pass, count: repeats.filter((repeat) => repeat.pass === pass).length }))
    .filter(({ count }) => count > 0)
    .map(({ pass, count }) =>
      pass === 'traced' ? `; ${count} traced` : `; ${count} for the load's ceiling`,
    );
  const blocks = new Set(timed.map((repeat) => repeat.block)).size;
  const cells = new Set(timed.map((repeat) => cellId(repeat.cell))).size;
  const windows = [...new Set(timed.map((repeat) => repeat.windowMs))]
    .sort((a, b) => a - b)
    .map(formatDuration);
  return [
    `${plural(cells, 'cell')} × ${plural(blocks, 'block')} = ${plural(timed.length, 'timed repeat')}, windows of ${windows.join(' and ')}${others.join('')}`,
    `about ${formatEstimate(estimatedMs)} in all`,
    ...notes.map((note) => `note: ${note}`),
  ];
}

/** How a run goes on after its plan; nothing where it is not to reach a precision. */
export function describePrecision(precision: Precision | undefined): string[] {
  if (precision === undefined) return [];
  const target = `${Number((precision.target * 100).toFixed(2))} %`;
  return [
    `then further blocks of the cells that need them, until the 95 % interval of each ratio is within ${target}, for ${formatDuration(precision.budgetMs)} in all at most`,
  ];
}

/** `uring` or `uring at 500 requests per second`. */
function loadLine({ id, params }: Scenario['loads'][number]): string {
  const rate = rateOf(params);
  return rate === null ? id : `${id} at ${rate} requests per second`;
}

/** What --dry-run says beyond that: what is measured, where, and how long at which concurrencies. */
export function describeGrid(scenario: Scenario, repeats: readonly PlannedRepeat[]): string[] {
  const timed = repeats.filter((repeat) => repeat.pass === 'timed');
  const byWindow = new Map<string, Set<number>>();
  for (const { warmupMs, warmupLimitMs, windowMs, cell } of timed) {
    const upTo = warmupLimitMs === undefined ? '' : ` to ${formatDuration(warmupLimitMs)}`;
    const after = warmupMs > 0 ? ` after ${formatDuration(warmupMs)}${upTo} of warm-up` : '';
    const text = formatDuration(windowMs) + after;
    byWindow.set(text, (byWindow.get(text) ?? new Set()).add(cell.concurrency));
  }
  const traced = new Set(
    repeats.filter((repeat) => repeat.pass === 'traced').map((repeat) => repeat.cell.concurrency),
  );
  const ascending = (numbers: ReadonlySet<number>): string => [...numbers].sort((a, b) => a - b).join(', ');
  const { kind, tomCores, jerryCores } = scenario.hosts;
  return [
    `servers:      ${scenario.variants.map((variant) => variant.id).join(', ')}`,
    `load:         ${[...new Set(loadsUsed(scenario).map(loadLine))].join(', ')}`,
    `hosts:        ${kind}, ${plural(tomCores, 'core')} for Tom, ${plural(jerryCores, 'core')} for Jerry`,
    ...[...byWindow].map(([text, at]) => `window:       ${text} at ${ascending(at)} connections`),
    ...(traced.size > 0 ? [`traced:       at ${ascending(traced)} connections`] : []),
  ];
}
