import type { PlannedRepeat } from '../core/manifest.ts';
import { cellId, throughput, type RepeatRecord } from '../core/record.ts';
import { formatDuration } from '../core/units.ts';

/** One line for each finished repeat: where the run stands, what was measured, how long it goes on. */
export function progressLines(total: number, estimatedMs: number, write: (line: string) => void) {
  const began = performance.now();
  const width = String(total).length;
  let done = 0;
  return {
    finished(record: RepeatRecord): void {
      done += 1;
      const elapsed = performance.now() - began;
      // The plan's estimate fades as real durations come in.
      const share = done / total;
      const expected = estimatedMs * (1 - share) + (elapsed / share) * share;
      const left = done === total ? '' : `   ${formatDuration(Math.max(1000, expected - elapsed))} left`;
      write(`[${String(done).padStart(width)}/${total}] ${name(record)}  ${outcome(record)}${left}`);
    },
  };
}

function name(record: RepeatRecord): string {
  const { cell, pass, block } = record;
  const where = pass === 'timed' ? `block ${block}` : pass.padEnd(7);
  return `${where}  ${cell.variant.padEnd(16)} ${cell.load} × ${String(cell.concurrency).padEnd(5)}`;
}

function outcome(record: RepeatRecord): string {
  if (record.failure) return `FAILED (${record.failure.stage}): ${record.failure.message}`;
  if (record.pass === 'traced')
    return record.syscalls ? 'syscalls counted'.padEnd(28) : 'no syscall profile'.padEnd(28);
  if (!record.load) return '';
  const rate = `${Math.round(throughput(record.load)).toLocaleString('en-US')} req/s`;
  const overflows = record.kernel?.tom.tcpExt['ListenOverflows'] ?? 0;
  const note = overflows > 0 ? `${overflows.toLocaleString('en-US')} overflows` : '';
  return `${rate.padStart(13)}  ${note.padEnd(17)}`;
}

/** A failed repeat as the end of a run names it. */
export function failureLine(record: RepeatRecord): string {
  return `${cellId(record.cell)} (${record.repeatId}, ${record.failure?.stage}): ${record.failure?.message}`;
}

/** The plan as --dry-run shows it. */
export function describePlan(repeats: readonly PlannedRepeat[], estimatedMs: number): string[] {
  const timed = repeats.filter((repeat) => repeat.pass === 'timed');
  const traced = repeats.length - timed.length;
  const blocks = new Set(timed.map((repeat) => repeat.block)).size;
  const cells = new Set(timed.map((repeat) => cellId(repeat.cell))).size;
  const windows = [...new Set(timed.map((repeat) => repeat.windowMs))]
    .sort((a, b) => a - b)
    .map(formatDuration);
  return [
    `${cells} cells × ${blocks} block${blocks === 1 ? '' : 's'} = ${timed.length} timed repeats, windows of ${windows.join(' and ')}` +
      (traced > 0 ? `; ${traced} traced` : ''),
    `about ${formatDuration(Math.ceil(estimatedMs / 1000) * 1000)} in all`,
  ];
}
