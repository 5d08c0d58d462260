import type { Sweep, SweepCell } from '../../analysis/sweep.ts';
import { present } from '../../analysis/statistics.ts';
import { formatCount, formatRatio, listOf, plural } from '../format.ts';
import { bandOf, plotWidth, rounded, schemaUrl, seriesChannels } from './common.ts';
import type { Chart } from './svg.ts';

/** More pictures than these are no overview any more. */
const mostPanels = 6;
const gap = 56;
/** Where rates lie further apart than this, small ones would lie on the axis. */
const widestLinear = 12;
/** More names than these would lie on each other below an axis: they stand beside one, each in a row of its own. */
const mostNamesBelow = 6;
/** A longer name below an axis would lie on the next one. */
const longestBelow = 10;
const nameWidth = 480;
const listWidth = 430;
const rowHeight = 18;
/** What the axis shows beyond the rates themselves: an interval that reaches further is cut there. */
const reach = 1.2;

const fitsBelow = (name: string): boolean => name.length <= longestBelow;

interface Extremes {
  readonly best: SweepCell;
  readonly worst: SweepCell;
  readonly ratio: number;
}

/** The two steps of a line that lie furthest apart, at any concurrency, their intervals not overlapping. */
function furthestApart(cells: readonly SweepCell[]): Extremes | null {
  let furthest: Extremes | null = null;
  for (const best of cells) {
    for (const worst of cells) {
      if (best.line !== worst.line || best.cell.concurrency !== worst.cell.concurrency) continue;
      const [high, low] = [best.cell, worst.cell];
      if (high.requestsPerSecond === null || low.requestsPerSecond === null) continue;
      const above = high.interval?.low ?? null;
      const below = low.interval?.high ?? null;
      if (above === null || below === null || above <= below) continue;
      const ratio = high.requestsPerSecond.median / low.requestsPerSecond.median;
      if (furthest === null || ratio > furthest.ratio) furthest = { best, worst, ratio };
    }
  }
  return furthest;
}

/** What the chart shows of its cells, as its title. */
function findingOf({ factor }: Sweep, cells: readonly SweepCell[]): string[] {
  const found = furthestApart(cells);
  if (found === null) return ['No step is clearly ahead of another'];
  const { best, worst, ratio } = found;
  const lead = `${best.line}, ${plural(best.cell.concurrency, 'connection')}: ${formatRatio(ratio)} times as many requests`;
  // Names of conditions are long: each has a line of its own.
  if (factor === null) return [lead, `under “${best.step}”`, `as under “${worst.step}”`];
  return [lead, `at ${factor} ${best.step} as at ${factor} ${worst.step}`];
}

/** Throughput over the steps of a sweep, one panel a concurrency. Null where nothing was measured. */
export function sweepChart(sweep: Sweep, title: string): Chart | null {
  const shown = spreadOver(sweep.concurrencies, mostPanels);
  const cells = sweep.cells.filter(({ cell }) => shown.includes(cell.concurrency));
  const data = cells.flatMap(({ line, step, cell }) => {
    const { requestsPerSecond: rate } = cell;
    if (rate === null) return [];
    return [
      {
        panel: plural(cell.concurrency, 'connection'),
        series: line,
        step,
        requestsPerSecond: rounded(rate.median),
        ...bandOf(cell),
      },
    ];
  });
  if (data.length === 0) return null;
  const rates = present(data.map((point) => point.requestsPerSecond));
  const largest = Math.max(...rates);
  const smallest = Math.min(...rates);
  const isLog = smallest > 0 && largest / smallest > widestLinear;
  const { color, shape } = seriesChannels(sweep.lines.map((label) => ({ label })));
  const panels = shown.map((concurrency) => plural(concurrency, 'connection'));
  const isNumeric = sweep.factor !== null;
  const isList = !isNumeric && sweep.steps.length > mostNamesBelow;
  const columns = isList ? 1 : Math.min(2, panels.length);
  const step = {
    field: 'step',
    type: 'ordinal' as const,
    sort: [...sweep.steps],
    title: sweep.factor,
    axis: isList
      ? { labelLimit: nameWidth, ticks: false, domain: false, grid: true }
      : { labelAngle: sweep.steps.every(fitsBelow) ? 0 : -30, labelLimit: 150 },
  };
  const rate = {
    type: 'quantitative' as const,
    title: isLog ? 'requests/s (log scale)' : 'requests/s',
    scale: isLog
      ? { type: 'log' as const, domain: [smallest / reach, largest * reach], nice: false }
      : { domain: [0, largest * reach], nice: false },
    axis: { format: '~s', tickCount: 5 },
  };
  /** Where a mark stands: at a rate, or from a rate to another. */
  const at = (field: string, to?: string) => {
    const from = { ...rate, field };
    const end = to === undefined ? undefined : { field: to };
    if (isList) return { y: step, x: from, ...(end && { x2: end }) };
    return { x: step, y: from, ...(end && { y2: end }) };
  };
  const offset = { field: 'series', type: 'nominal' as const, sort: [...sweep.lines] };
  const marks = { color, ...(isNumeric ? {} : isList ? { yOffset: offset } : { xOffset: offset }) };
  const picture = {
    width: isList ? listWidth : Math.round((plotWidth - gap * (columns - 1)) / columns),
    height: isList ? { step: rowHeight } : 180,
    layer: [
      ...(isNumeric
        ? [
            {
              mark: { type: 'line' as const, strokeWidth: 2 },
              encoding: { ...at('requestsPerSecond'), ...marks },
            },
          ]
        : []),
      {
        mark: { type: 'rule' as const, strokeWidth: 1.5, clip: true },
        encoding: { ...at('low', 'high'), ...marks },
      },
      {
        mark: { type: 'point' as const, size: 50, filled: true, opacity: 1 },
        encoding: { ...at('requestsPerSecond'), shape, ...marks },
      },
    ],
  };
  return {
    name: 'sweep',
    alt: `Requests per second over ${sweep.factor ?? 'the conditions'} for ${listOf(sweep.lines)}, at ${listOf(shown.map(formatCount))} connections`,
    spec: {
      $schema: schemaUrl,
      title: {
        text: findingOf(sweep, cells),
        subtitle: `${title}. Successful requests per second: medians of the blocks, with 95 % intervals.`,
      },
      data: { values: data },
      ...(isList
        ? {
            spacing: 24,
            // A step that was not measured at some concurrency has no row there.
            vconcat: panels
              .filter((panel) => data.some((point) => point.panel === panel))
              .map((panel) => ({
                title: { text: panel, fontSize: 11 },
                transform: [{ filter: { field: 'panel', equal: panel } }],
                ...picture,
              })),
          }
        : {
            columns,
            bounds: 'flush' as const,
            spacing: { row: 44, column: gap },
            facet: { field: 'panel', type: 'nominal' as const, title: null, sort: panels },
            spec: picture,
          }),
    },
  };
}

/** At most so many of ascending values, the first and the last among them. */
function spreadOver(values: readonly number[], most: number): number[] {
  if (values.length <= most) return [...values];
  return Array.from(
    { length: most },
    (_, at) => values[Math.round((at * (values.length - 1)) / (most - 1))]!,
  );
}
