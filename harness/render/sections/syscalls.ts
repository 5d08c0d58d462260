import { intervalOf } from '../../analysis/intervals.ts';
import { present } from '../../analysis/statistics.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import type {
  SyscallCost,
  SyscallRole,
  TimedCalls,
  TracedCell,
  TracedPass,
  Untraced,
} from '../../analysis/syscalls.ts';
import { formatCount, formatShare, formatTime, listOf, noData } from '../format.ts';
import type { Links } from '../links.ts';
import { blocks, code, escapeText, table } from '../markdown.ts';

/** A syscall below this share of the traced time everywhere is left to the CSV. */
const worthARow = 0.02;
const mostRows = 8;

/** What an answer cannot do without, and the waiting for it: shown however little time it takes. */
const essential = new Set([
  ...['accept', 'accept4', 'recv', 'recvfrom', 'writev', 'send', 'sendto', 'close'],
  ...['epoll_wait', 'epoll_pwait'],
]);

const clockTexts = {
  system: '**System time** is what the kernel worked for a call: one that waits looks cheap.',
  wall: '**Wall time** reaches from the start of a call to its end, waiting included.',
} as const;

const blockedText =
  'What wall time exceeds system time by, a call was blocked for, or held up by strace itself, which stops the server twice a call.';

/** Before the name of a syscall, where a server has processes of several roles. */
const roleTexts: Record<SyscallRole, string> = { all: '', only: '', parent: 'parent: ', worker: 'workers: ' };

const rolesInOrder = Object.keys(roleTexts) as SyscallRole[];

/** What each syscall cost under the tracers, per request; what the tracers cost; how long calls took. */
export function syscallsSection({ traced, run }: PageAnalysis, links: Links): string | null {
  const isEmpty = traced.cells.length + traced.timedCalls.length === 0;
  if (isEmpty && run.manifest.scenario.traced === undefined) return null;
  return blocks(['## Syscalls per request', isEmpty ? missingText(traced) : tables(traced, links)]);
}

function missingText({ untraced }: TracedPass): string {
  const reasons = [...new Set(untraced.map(reasonText))];
  const why = reasons.length > 0 ? `: ${escapeText(reasons.join('; '))}` : '';
  return `No traced pass was measured${why}.`;
}

/** `strace: strace is not installed` */
const reasonText = ({ tracer, reasons }: Untraced): string =>
  `${tracer}: ${reasons.length > 0 ? reasons.join('; ') : 'no repeat of it was made'}`;

function tables(traced: TracedPass, links: Links): string {
  return blocks([
    ...profileTables(traced),
    untracedText(traced),
    slowDownTable(traced),
    ...timesTable(traced),
    `Rarer calls are in [syscalls.csv](${links.run}/syscalls.csv)${
      traced.timedCalls.length > 0 ? ` and [syscall-times.csv](${links.run}/syscall-times.csv)` : ''
    }.`,
  ]);
}

/** Stands where the columns of these tracers would be. */
function untracedText({ untraced }: TracedPass): string | null {
  const lines = untraced.map((one) => {
    const where = one.series === null ? '' : ` of ${listOf(one.series.map(({ label }) => label))}`;
    return `- Nothing${escapeText(where)} from ${escapeText(reasonText(one))}`;
  });
  return lines.join('\n');
}

function profileTables({ cells, series }: TracedPass): (string | null)[] {
  if (cells.length === 0) return [];
  const tools = [...new Set(cells.map((cell) => cell.tool))];
  const clocks = [...new Set(cells.map((cell) => cell.clock))];
  return [
    `From ${listOf(tools.map(code))}, ${tools.length > 1 ? 'each ' : ''}in a pass of its own: tracing slows a server down, so its throughput is not shown, and it is compared with nothing else on this page. ${clocks.map((clock) => clockTexts[clock]).join(' ')}${clocks.length > 1 ? ` ${blockedText}` : ''} Times are in microseconds per request; several workers are added up.`,
    ...series.map(({ id, label }) =>
      profileTable(
        label,
        cells.filter((cell) => cell.series.id === id),
      ),
    ),
  ];
}

const concurrenciesOf = (traced: readonly { readonly concurrency: number }[]): number[] =>
  [...new Set(traced.map(({ concurrency }) => concurrency))].sort((a, b) => a - b);

function profileTable(label: string, cells: readonly TracedCell[]): string | null {
  const clocks = (['system', 'wall'] as const).filter((clock) => cells.some((cell) => cell.clock === clock));
  const concurrencies = concurrenciesOf(cells);
  const rows = rolesInOrder.flatMap((role) => {
    const ofRole = cells.filter((cell) => cell.role === role);
    return importantSyscalls(ofRole.map(({ costs }) => costs)).map((syscall) => [
      `${roleTexts[role]}${code(syscall)}`,
      ...concurrencies.flatMap((concurrency) => {
        const costs = clocks.map((clock) =>
          ofRole
            .find((cell) => cell.clock === clock && cell.concurrency === concurrency)
            ?.costs.find((cost) => cost.syscall === syscall),
        );
        return [callsText(costs.find((cost) => cost !== undefined)), ...costs.map(timeText)];
      }),
    ]);
  });
  if (rows.length === 0) return null;
  const header = concurrencies.flatMap((concurrency) => [`calls at ${concurrency}`, ...clocks]);
  return table([escapeText(label), ...header], rows, ['l', ...header.map(() => 'r' as const)]);
}

const callsText = (cost: SyscallCost | undefined): string => cost?.callsPerRequest?.toFixed(2) ?? noData;

function timeText(cost: SyscallCost | undefined): string {
  if (!cost) return noData;
  const { timePerCallUs, timePerRequestUs } = cost;
  if (timePerRequestUs !== null) return formatCount(timePerRequestUs);
  return timePerCallUs === null ? noData : `${formatCount(timePerCallUs)} a call`;
}

/** The essential ones and those that took a visible part of the time in some profile, costliest first. */
function importantSyscalls(
  profiles: readonly (readonly { readonly syscall: string; readonly timeUs: number }[])[],
): string[] {
  const shares = new Map<string, number>();
  for (const profile of profiles) {
    const all = profile.reduce((total, { timeUs }) => total + timeUs, 0);
    for (const { syscall, timeUs } of profile) {
      const share = all > 0 ? timeUs / all : 0;
      shares.set(syscall, Math.max(share, shares.get(syscall) ?? 0));
    }
  }
  const byShare = [...shares].sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1));
  const visible = byShare.filter(([, share]) => share >= worthARow).slice(0, mostRows);
  const shown = new Set(visible.map(([name]) => name));
  return byShare.map(([name]) => name).filter((name) => essential.has(name) || shown.has(name));
}

/** Throughput under a tracer is shown as this share alone. */
function slowDownTable({ slowDowns, series, tracers, concurrencies }: TracedPass): string | null {
  if (slowDowns.every(({ share }) => share === null)) return null;
  const used = tracers.filter((tracer) => slowDowns.some((one) => one.tracer === tracer));
  const rows = series.map(({ id, label }) => [
    escapeText(label),
    ...used.map((tracer) =>
      concurrencies
        .map((concurrency) => {
          const found = slowDowns.find(
            (one) => one.series.id === id && one.tracer === tracer && one.concurrency === concurrency,
          );
          return found === undefined || found.share === null ? noData : formatShare(found.share);
        })
        .join(' / '),
    ),
  ]);
  const together = used.map((tracer) => overallSlowDown(slowDowns.filter((one) => one.tracer === tracer)));
  const toolOf = (tracer: string): string => slowDowns.find((one) => one.tracer === tracer)!.tool;
  return blocks([
    `What tracing cost, at ${concurrencies.join(' / ')} connections: by how much fewer requests per second the server answered in its traced repeat than in the median of its timed ones. One repeat has its share of chance; the last row takes the geometric mean of what was left in all cells, with its 95 % interval over them.`,
    table(
      ['', ...used.map((tracer) => code(toolOf(tracer)))],
      [...rows, ['**all together**', ...together]],
      ['l', ...used.map(() => 'r' as const)],
    ),
  ]);
}

function overallSlowDown(slowDowns: readonly TracedPass['slowDowns'][number][]): string {
  const left = intervalOf(present(slowDowns.map(({ share }) => share)).map((share) => 1 - share));
  if (!left) return noData;
  const range =
    left.low === null || left.high === null || left.blocks < 3
      ? ''
      : ` (${formatShare(1 - left.high)} to ${formatShare(1 - left.low)})`;
  return `**${formatShare(1 - left.estimate)}**${range}`;
}

function timesTable({ timedCalls, series }: TracedPass): string[] {
  if (timedCalls.length === 0) return [];
  const tools = [...new Set(timedCalls.map(({ tool }) => tool))];
  const concurrencies = concurrenciesOf(timedCalls);
  const rows = series.flatMap(({ id, label }) =>
    rolesInOrder.flatMap((role) => {
      const ofRole = timedCalls.filter((one) => one.series.id === id && one.role === role);
      return importantSyscalls(ofRole.map(({ distributions }) => distributions)).map((syscall) => [
        escapeText(label),
        `${roleTexts[role]}${code(syscall)}`,
        ...concurrencies.map((concurrency) =>
          percentilesText(
            ofRole.find((one) => one.concurrency === concurrency),
            syscall,
          ),
        ),
      ]);
    }),
  );
  const header = ['', 'syscall', ...concurrencies.map((concurrency) => `at ${concurrency} connections`)];
  return [
    `How long a call took, waiting included, in the pass of ${listOf(tools.map(code))}: 50 / 90 / 99 % of the calls took no longer than this. Each figure is the upper bound of a bucket that reaches over a factor of 2, so the true one may be half of it.`,
    table(header, rows, ['l', 'l', ...concurrencies.map(() => 'r' as const)]),
  ];
}

function percentilesText(timed: TimedCalls | undefined, syscall: string): string {
  const found = timed?.distributions.find((one) => one.syscall === syscall);
  return found ? [found.p50Us, found.p90Us, found.p99Us].map(formatTime).join(' / ') : noData;
}
