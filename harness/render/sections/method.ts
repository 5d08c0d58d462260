import type { Manifest, PlannedRepeat } from '../../core/manifest.ts';
import { rateOf } from '../../core/open-loop.ts';
import { formatDuration } from '../../core/units.ts';
import { checksResponses, type DigestedRun } from '../../analysis/digest.ts';
import type { Grid } from '../../analysis/cells.ts';
import { isOpenLoop } from '../../analysis/open-loop.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { precisionReached } from '../../analysis/precision.ts';
import { median, present } from '../../analysis/statistics.ts';
import { formatConcurrencies, formatCount, formatRatio, formatShare, plural } from '../format.ts';
import type { Chart } from '../charts/svg.ts';
import type { Links } from '../links.ts';
import { loadParams, loadText } from '../load-text.ts';
import { openLoopTables } from '../open-loop-csv.ts';
import { shellWord } from '../../core/shell-word.ts';
import { blocks, code } from '../markdown.ts';

/** How it was measured, how to measure it again, and where the figures are. */
export function methodSection(page: PageAnalysis, charts: readonly Chart[], links: Links): string {
  const { run, grid } = page;
  const { manifest } = run;
  const requests = requestsText(grid);
  const timed = manifest.repeats.filter(
    (repeat) => repeat.pass === 'timed' && repeat.cell.load === grid.load,
  );
  const traced = manifest.repeats.filter(
    (repeat) => repeat.pass === 'traced' && repeat.cell.load === grid.load,
  );
  const plannedBlocks = new Set(timed.map((repeat) => repeat.block)).size;
  return blocks([
    '## Method',
    [
      `- Load ${loadText(page)}: ${loopText(page)}`,
      ...(requests === null ? [] : [`- ${requests}`]),
      `- ${planText(manifest, plannedBlocks)}. Servers are compared within a block.`,
      ...precisionLines(run),
      ...windowLines(timed, grid.concurrencies),
      ...(grid.ceilings.length > 0
        ? [
            '- Before them, what the load generator can do against a sink, once for each decade of connections.',
          ]
        : []),
      ...(traced.length > 0
        ? [`- ${plural(traced.length, 'traced repeat')} at the end, in a pass of their own.`]
        : []),
      `- Overflows are the kernel's ListenOverflows in Tom's network, over warm-up and window. They count events, not clients: a segment that is sent again counts again.`,
      ...(checksResponses(run, grid.load)
        ? [
            '- Only answers that were received whole and right count as requests. Everything that failed or stalled is shown beside them.',
          ]
        : []),
    ].join('\n'),
    measureAgain(manifest),
    `${allFigures(links, [
      ['syscalls', 'syscalls.csv'],
      ['their times', 'syscall-times.csv'],
      ...openLoopFiles([page]),
    ])}; raw output of the tools in [raw/](${links.run}/raw).${chartData(charts, links)}`,
  ]);
}

function loopText(page: PageAnalysis): string {
  const requests = requestsText(page.grid) === null ? 'one request each' : 'several requests each';
  const rate = rateOf(loadParams(page));
  return rate === null
    ? `a closed loop of short connections, ${requests}; connections stands for how many it keeps going at once.`
    : `an open loop of short connections, ${requests}; ${formatCount(rate)} requests are to start per second; connections stands for how many may be in flight at once. Where all of them are, requests wait for one. Its ceiling is that of a closed loop.`;
}

/** How many requests a connection carried; null where each request had one of its own. */
export function requestsText(grid: Grid): string | null {
  const repeats = grid.cells.map((cell) => cell.repeats);
  const counts = present(
    repeats.map((ofCell) => median(present(ofCell.map((repeat) => repeat.requestsPerConnection)))),
  );
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  if (counts.length === 0 || most === 1) return null;
  const reconnects = repeats.flat().reduce((total, repeat) => total + repeat.reconnects, 0);
  return [
    `A connection carried ${fewest === most ? '' : `from ${formatRatio(fewest)} to `}${formatRatio(most)} requests, one after the other (medians of the cells, over the whole life of the load). Rates are of requests, not of connections, and connect times are those of requests that had to connect.`,
    ...(reconnects === 0
      ? []
      : [
          `The load sent ${plural(reconnects, 'request')} again, since the server had closed the connection before anything of the answer came.`,
        ]),
  ].join(' ');
}

/** In which order a run was made, to be ended by a full stop. `unit`: what each block holds every one of. */
export function planText(
  { planName, randomSeed, precision }: Manifest,
  blockCount: number,
  unit = 'cell',
): string {
  const holds =
    precision === undefined ? `every ${unit}` : `every ${unit}, or later on those that needed it,`;
  return `Plan ${code(planName)}: ${plural(blockCount, 'block')}; each holds ${holds} once, in a random order drawn from seed ${randomSeed}`;
}

/** The tables of load at a fixed rate, for `allFigures`. */
export const openLoopFiles = (pages: readonly PageAnalysis[]): [name: string, file: string][] =>
  pages.some(({ grid }) => grid.cells.some(isOpenLoop))
    ? [
        ['the fixed rate, one row a repeat', openLoopTables.repeats],
        ['one row a cell', openLoopTables.cells],
      ]
    : [];

/** Where the figures of a run are, tables that not every run has among them, to be ended by a full stop. */
export function allFigures(
  { run }: Links,
  more: readonly (readonly [name: string, file: string])[] = [],
): string {
  const files = [
    ['one row a repeat', 'repeats.csv'],
    ['one row a cell', 'cells.csv'],
    ...more,
    ['the journal', 'records.ndjson'],
    ['the manifest', 'manifest.json'],
  ];
  return `All figures: ${files.map(([name, file]) => `[${name}](${run}/${file})`).join(', ')}`;
}

/** A sentence that leads to the specifications of charts; empty without any. */
export function chartData(charts: readonly Chart[], links: Links): string {
  if (charts.length === 0) return '';
  const specs = charts.map(({ name }) => `[${name}](${links.beside}/${name}.vl.json)`).join(', ');
  return ` Charts as Vega-Lite, with their data: ${specs}.`;
}

/** How repeats were spent, of a run that was to reach a precision. */
function precisionLines(run: DigestedRun): string[] {
  const reached = precisionReached(run);
  if (reached === null) return [];
  const { target, ratios, within, widest, spentMs, equalMs } = reached;
  const outcome =
    within === ratios
      ? 'all are'
      : `the time was up when ${within} of ${ratios} were${widest === null ? '' : `, the widest interval reaches ${formatShare(widest)} to either side`}`;
  return [
    `- Repeats were made where ratios were not known well enough, until the 95 % interval of each was to be within ${formatShare(target)}: ${outcome}. That took ${formatDuration(spentMs)}; as many repeats of every cell as of the one that took most would have taken ${formatDuration(equalMs)}.`,
  ];
}

/** The commands that measure a run again and render its page. */
export function measureAgain({ command }: Manifest): string {
  // Where it was written to is no part of what was measured, and the second command looks in results/.
  const at = command.indexOf('--out');
  const words = at < 0 ? command : [...command.slice(0, at), ...command.slice(at + 2)];
  return blocks([
    'Measure it again, and render this page again from what was measured:',
    `\`\`\`sh\nnpx tsx harness/run.ts ${words.map(shellWord).join(' ')}\nnpx tsx harness/report.ts\n\`\`\``,
  ]);
}

/** `- At 1–5 connections: 500 ms of warm-up, a window of 3 s, ...`, one line for each window there is. */
function windowLines(timed: readonly PlannedRepeat[], concurrencies: readonly number[]): string[] {
  const byWindow = new Map<string, Set<number>>();
  for (const { warmupMs, warmupLimitMs, windowMs, drainMs, overflowWindowMs, cell } of timed) {
    const text = [
      ...(warmupLimitMs === undefined
        ? warmupMs > 0
          ? [`${formatDuration(warmupMs)} of warm-up`]
          : []
        : [
            `a warm-up until the rate is steady, from ${formatDuration(warmupMs)} to ${formatDuration(warmupLimitMs)}`,
          ]),
      overflowWindowMs === undefined
        ? `a window of ${formatDuration(windowMs)}`
        : `a window of ${formatDuration(windowMs)}, or of ${formatDuration(overflowWindowMs)} where the listen queue overflows`,
      ...(drainMs > 0
        ? [`then up to ${formatDuration(drainMs)} for requests in flight to end, which do not count`]
        : []),
    ].join(', ');
    byWindow.set(text, (byWindow.get(text) ?? new Set()).add(cell.concurrency));
  }
  return [...byWindow]
    .map(([text, at]) => ({ text, at: concurrencies.filter((concurrency) => at.has(concurrency)) }))
    .sort((a, b) => (a.at[0] ?? 0) - (b.at[0] ?? 0) || (a.text < b.text ? -1 : 1))
    .map(({ text, at }) =>
      byWindow.size === 1
        ? `- Each: ${text}.`
        : `- At ${formatConcurrencies(at, concurrencies)} connections: ${text}.`,
    );
}
