import type { PageAnalysis } from '../../analysis/page.ts';
import type { SyscallCost, TracedCell, TracedPass } from '../../analysis/syscalls.ts';
import { formatCount, listOf, noData } from '../format.ts';
import type { Links } from '../links.ts';
import { blocks, code, escapeText, table } from '../markdown.ts';

/** A syscall below this share of the traced time everywhere is left to the CSV. */
const worthARow = 0.02;
const mostRows = 8;

const clockTexts = {
  system: 'The times are **system time**: what the kernel worked for a call. A call that waits looks cheap.',
  wall: 'The times are **wall time**: they include waiting.',
} as const;

/** What each syscall cost under the tracer, per request. */
export function syscallsSection({ traced, run }: PageAnalysis, links: Links): string | null {
  if (traced.cells.length === 0 && run.manifest.scenario.traced === undefined) return null;
  return blocks([
    '## Syscalls per request',
    traced.cells.length === 0 ? missingText(traced) : tables(traced, links),
  ]);
}

function missingText({ unavailable, failed }: TracedPass): string {
  const reasons = [...unavailable, ...failed.map((record) => record.failure?.message ?? 'failed')];
  const why = reasons.length > 0 ? `: ${escapeText([...new Set(reasons)].join('; '))}` : '';
  return `No traced pass was measured${why}.`;
}

function tables(traced: TracedPass, links: Links): string {
  const tools = [...new Set(traced.cells.map((cell) => cell.tool))];
  const clocks = [...new Set(traced.cells.map((cell) => cell.clock))];
  return blocks([
    `From ${listOf(tools.map(code))}, in a pass of its own: tracing slows a server down several times, so its throughput is not shown, and it is compared with nothing else on this page. ${clocks.map((clock) => clockTexts[clock]).join(' ')}`,
    ...tools.flatMap((tool) =>
      traced.series.map((series) => {
        const cells = traced.cells.filter((cell) => cell.tool === tool && cell.series.id === series.id);
        return cells.length === 0 ? null : seriesTable(series.label, cells);
      }),
    ),
    `Each cell: calls per request × microseconds per call = **microseconds per request**. Rarer calls are in [syscalls.csv](${links.run}/syscalls.csv).`,
  ]);
}

function seriesTable(label: string, cells: readonly TracedCell[]): string {
  const ordered = [...cells].sort((a, b) => a.concurrency - b.concurrency);
  const rows = importantSyscalls(ordered).map((syscall) => [
    code(syscall),
    ...ordered.map((cell) => costText(cell.costs.find((cost) => cost.syscall === syscall))),
  ]);
  return table([escapeText(label), ...ordered.map((cell) => `at ${cell.concurrency} connections`)], rows, [
    'l',
    ...ordered.map(() => 'r' as const),
  ]);
}

/** Those that took a visible part of the time at some concurrency, costliest first. */
function importantSyscalls(cells: readonly TracedCell[]): string[] {
  const shares = new Map<string, number>();
  for (const cell of cells) {
    const all = cell.costs.reduce((total, cost) => total + cost.timeUs, 0);
    for (const cost of cell.costs) {
      const share = all > 0 ? cost.timeUs / all : 0;
      shares.set(cost.syscall, Math.max(share, shares.get(cost.syscall) ?? 0));
    }
  }
  return [...shares]
    .filter(([, share]) => share >= worthARow)
    .sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1))
    .slice(0, mostRows)
    .map(([name]) => name);
}

function costText(cost: SyscallCost | undefined): string {
  if (!cost) return noData;
  const { callsPerRequest, timePerCallUs, timePerRequestUs } = cost;
  if (callsPerRequest === null || timePerRequestUs === null) {
    return timePerCallUs === null ? noData : `${formatCount(timePerCallUs)} µs a call`;
  }
  const perCall = timePerCallUs === null ? noData : formatCount(timePerCallUs);
  return `${callsPerRequest.toFixed(2)} × ${perCall} = **${formatCount(timePerRequestUs)}**`;
}
