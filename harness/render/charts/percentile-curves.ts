import { fewestSlower, type RateCurve } from '../../analysis/rate-curves.ts';
import { formatRatio, formatShare, listOf } from '../format.ts';
import { plotWidth, rounded, schemaUrl, seriesChannels } from './common.ts';
import type { Chart } from './svg.ts';
import { onTimeAxis, timeAxis } from './time-axis.ts';

const gap = 24;
const columns = 2;

/** Dashes beside colours, so that lines can be told apart without them. */
const dashes = [
  [1, 0],
  [6, 2],
  [2, 2],
  [9, 3, 2, 3],
  [4, 4],
  [12, 3],
];

/** Percentiles that are named, by where they stand on the axis. */
const named = [50, 90, 99, 99.9, 99.99, 99.999, 99.9999].map(
  (percentile) => [-Math.log10(1 - percentile / 100), `${percentile} %`] as const,
);

/** The percentile curves of each variant, a panel each, a line for each share. Null where nothing was timed. */
export function percentileCurvesChart(curves: readonly RateCurve[]): Chart | null {
  const drawn = curves.filter(({ share, points }) => share !== null && points.length > 1);
  if (drawn.length === 0) return null;
  const panels = [...new Set(drawn.map(({ label }) => label))];
  const lines = [...new Map(drawn.map(({ condition }) => [condition.id, condition])).values()];
  const data = drawn.flatMap(({ label, condition, points }) =>
    points.map(({ nines, us }) => ({
      panel: label,
      series: condition.label,
      nines: rounded(nines),
      ms: rounded(onTimeAxis(us)),
    })),
  );
  const furthest = Math.max(...drawn.flatMap(({ points }) => points.map(({ nines }) => nines)));
  const ticks = named.filter(([nines]) => nines <= furthest + 1e-9);
  const time = timeAxis(drawn.flatMap(({ points }) => points.map(({ us }) => onTimeAxis(us))));
  const { color } = seriesChannels(lines);
  return {
    name: 'percentile-curves',
    alt: `Response time over percentile at ${listOf(lines.map(({ label }) => label))}, for ${listOf(panels)}`,
    spec: {
      $schema: schemaUrl,
      title: {
        text: findingOf(drawn),
        subtitle: [
          'Response time, from when a request was to start to the end of its answer, over percentile: all blocks added up,',
          `as far as at least ${fewestSlower} answers were slower. Rates are shares of what the same server serves in a closed loop.`,
        ],
      },
      data: { values: data },
      columns: Math.min(columns, panels.length),
      bounds: 'flush',
      spacing: { row: 52, column: gap },
      facet: { field: 'panel', type: 'nominal', title: null, sort: panels },
      spec: {
        width: Math.round((plotWidth - gap) / columns),
        height: 200,
        mark: { type: 'line', strokeWidth: 2, interpolate: 'monotone' },
        encoding: {
          x: {
            field: 'nines',
            type: 'quantitative',
            title: 'percentile of the response times (log scale)',
            scale: { domain: [0, furthest], nice: false },
            axis: {
              values: ticks.map(([nines]) => rounded(nines)!),
              tickCount: 2 * ticks.length,
              labelExpr: labelExpression(ticks),
              labelOverlap: false,
              grid: true,
            },
          },
          y: {
            field: 'ms',
            type: 'quantitative',
            title: time.title,
            scale: { type: 'log', domain: [...time.scale.domain], nice: false },
            axis: {
              labelExpr: time.label,
              labelOverlap: false,
              values: time.ticks,
              tickCount: 2 * time.ticks.length,
            },
          },
          color,
          strokeDash: {
            field: 'series',
            type: 'nominal',
            title: null,
            scale: {
              domain: lines.map(({ label }) => label),
              range: lines.map((_, index) => dashes[index % dashes.length]!),
            },
          },
        },
      },
    },
  };
}

/** A Vega expression that names each tick. */
const labelExpression = (ticks: readonly (readonly [number, string])[]): string =>
  ticks.reduceRight((rest, [nines, text]) => `datum.value < ${nines + 0.01} ? '${text}' : ${rest}`, "''");

/** What the chart shows, as its title: how the 99th percentile grows from the lowest to the highest share below 100 %. */
function findingOf(drawn: readonly RateCurve[]): string[] {
  const below = drawn.filter(({ share }) => share! < 1);
  const shares = below.map(({ share }) => share!);
  const [low, high] = [Math.min(...shares), Math.max(...shares)];
  const p99 = (variant: string, share: number): number | undefined =>
    below.find((curve) => curve.variant === variant && curve.share === share)?.cell.responseTime?.p99Us;
  const growths = [...new Set(below.map(({ variant }) => variant))].flatMap((variant) => {
    const [from, to] = [p99(variant, low), p99(variant, high)];
    return from === undefined || to === undefined || from === 0 ? [] : [to / from];
  });
  if (low >= high || growths.length === 0) return ['Response times at a fixed rate'];
  const [least, most] = [Math.min(...growths), Math.max(...growths)].map(formatRatio);
  const times = least === most ? `${least} times` : `${least} to ${most} times`;
  return [`The 99th percentile at ${formatShare(high)} of capacity is ${times} that at ${formatShare(low)}`];
}
