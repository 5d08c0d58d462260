import { isInvalid, type CellAnalysis, type Grid } from '../../analysis/cells.ts';
import { present } from '../../analysis/statistics.ts';
import { plural } from '../format.ts';
import { fewestForInterval } from '../../analysis/intervals.ts';
import { bandOf, concurrencyAxis, plotWidth, rounded, schemaUrl, seriesChannels } from './common.ts';
import { colours } from './theme.ts';
import type { Chart, ChartSpec } from './svg.ts';

/** Throughput with its spread over concurrency, and below it, on the same axis, how often the listen queue overflowed. */
export function throughputChart(grid: Grid): Chart {
  const data = grid.cells.map(pointOf);
  const hasOverflows = data.some((point) => point.overflowsPerSecond !== null);
  return {
    name: 'throughput',
    alt: `Throughput over concurrency for ${grid.series.map((series) => series.label).join(', ')}${
      hasOverflows ? ', and below it the listen-queue overflows per second' : ''
    }`,
    spec: {
      $schema: schemaUrl,
      title: {
        text: hasOverflows
          ? 'Successful requests per second, and overflows of the listen queue'
          : 'Successful requests per second',
        subtitle: subtitleOf(grid),
      },
      data: { values: data },
      spacing: 14,
      resolve: { scale: { color: 'independent', shape: 'independent' } },
      bounds: 'flush',
      vconcat: hasOverflows ? [rates(grid, false), overflows(grid)] : [rates(grid, true)],
    },
  };
}

function pointOf(cell: CellAnalysis) {
  const rate = cell.requestsPerSecond;
  return {
    verdict: cell.verdict.primary,
    series: cell.series.label,
    concurrency: cell.concurrency,
    requestsPerSecond: rounded(rate?.median ?? null),
    ...bandOf(cell),
    state: stateOf(cell),
    bound: cell.generatorBound === true,
    disturbed: cell.disturbed,
    overflowsPerSecond: rounded(cell.overflowsPerSecond?.median ?? null),
  };
}

/**
 * `failed`: no repeat succeeded; `invalid`: figures that contradict each other; `part`: some succeeded; `whole`: all did;
 * `none`: not measured.
 */
type State = 'failed' | 'invalid' | 'part' | 'whole' | 'none';

function stateOf(cell: CellAnalysis): State {
  if (cell.ok === 0) return cell.failed > 0 ? 'failed' : 'none';
  if (isInvalid(cell)) return 'invalid';
  return cell.failed > 0 ? 'part' : 'whole';
}

function subtitleOf(grid: Grid): string[] {
  const states = new Set(grid.cells.map(stateOf));
  const shown = grid.cells.filter((cell) => cell.ok > 0);
  const blocks = grid.blocks.length;
  const first =
    blocks >= fewestForInterval
      ? `Median of ${plural(blocks, 'block')}; the band is the 95 % interval.`
      : blocks > 1
        ? `Median of ${plural(blocks, 'block')}; the band reaches from the smaller to the larger.`
        : 'One block: how far repeats lie apart is not known.';
  const marks = [
    shown.some((cell) => cell.generatorBound === true)
      ? 'Hollow: the load generator was the limit, or close to it.'
      : '',
    shown.some((cell) => cell.disturbed) ? 'Faint: something else took part of the cores.' : '',
    states.has('part') ? 'Ringed: some repeats failed.' : '',
    states.has('failed') || states.has('invalid') ? '× on the axis: no valid figure.' : '',
  ].filter((mark) => mark !== '');
  return marks.length > 0 ? [first, marks.join(' ')] : [first];
}

/** The upper end of an axis that starts at zero; 1 where there is nothing to show. */
function largest(values: readonly (number | undefined)[]): number {
  return Math.max(0, ...present(values)) || 1;
}

type Panel = Extract<ChartSpec, { vconcat: unknown }>['vconcat'][number];

function rates(grid: Grid, lowest: boolean): Panel {
  const { color, shape } = seriesChannels(grid.series);
  const x = concurrencyAxis(grid.concurrencies, { title: lowest, labels: lowest });
  const opacity = { condition: { test: 'datum.disturbed', value: 0.3 }, value: 1 };
  const y = {
    field: 'requestsPerSecond',
    type: 'quantitative' as const,
    title: 'requests per second',
    scale: { domain: [0, largest(grid.cells.map((cell) => cell.requestsPerSecond?.max))], nice: true },
    axis: { format: ',d', minExtent: 48, tickCount: 6 },
  };
  return {
    width: plotWidth,
    height: 300,
    encoding: { x, color },
    layer: [
      {
        mark: { type: 'area', opacity: 0.18, line: false, clip: true },
        encoding: { y: { ...y, field: 'low' }, y2: { field: 'high' } },
      },
      { mark: { type: 'line', strokeWidth: 2 }, encoding: { y } },
      {
        transform: [{ filter: "datum.state == 'part'" }],
        mark: { type: 'point', shape: 'circle', size: 260, strokeWidth: 1.5, filled: false },
        encoding: { y },
      },
      {
        transform: [{ filter: '!datum.bound' }],
        mark: { type: 'point', size: 55, filled: true },
        encoding: { y, shape, opacity },
      },
      {
        transform: [{ filter: 'datum.bound' }],
        mark: {
          type: 'point',
          size: 60,
          filled: false,
          fill: colours.background,
          strokeWidth: 2,
        },
        encoding: { y, shape, opacity },
      },
      {
        transform: [
          { filter: "datum.state == 'failed' || datum.state == 'invalid'" },
          { calculate: '0', as: 'floor' },
        ],
        mark: { type: 'text', text: '×', fontSize: 20, fontWeight: 600, dy: -1 },
        encoding: { y: { ...y, field: 'floor' } },
      },
    ],
  };
}

function overflows(grid: Grid): Panel {
  const { color, shape } = seriesChannels(grid.series, false);
  return {
    width: plotWidth,
    height: 110,
    encoding: {
      x: concurrencyAxis(grid.concurrencies, { title: true }),
      y: {
        field: 'overflowsPerSecond',
        type: 'quantitative',
        title: ['overflows per second', '(symlog)'],
        scale: {
          type: 'symlog',
          constant: 1,
          domain: [0, largest(grid.cells.map((cell) => cell.overflowsPerSecond?.median))],
        },
        axis: { values: [0, 10, 100, 1000, 10_000, 100_000], format: ',d', minExtent: 48 },
      },
      color,
    },
    layer: [
      { mark: { type: 'line', strokeWidth: 2 } },
      { mark: { type: 'point', size: 40, filled: true, opacity: 1 }, encoding: { shape } },
    ],
  };
}
