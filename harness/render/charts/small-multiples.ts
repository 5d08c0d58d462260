import type { Series } from '../../analysis/cells.ts';
import { concurrencyAxis, plotWidth, rounded, schemaUrl, seriesChannels } from './common.ts';
import type { Chart } from './svg.ts';
import { colours } from './theme.ts';

export interface Point {
  readonly series: Series;
  readonly concurrency: number;
  readonly value: number | null;
}

export interface Panel {
  readonly title: string;
  readonly points: readonly Point[];
  /** Height of a dashed line that means something in this panel. */
  readonly mark?: number;
}

export interface SmallMultiples {
  readonly name: string;
  readonly alt: string;
  readonly title: string;
  readonly subtitle: string;
  readonly series: readonly Series[];
  readonly concurrencies: readonly number[];
  readonly panels: readonly Panel[];
  readonly y: {
    readonly title: string;
    readonly scale: { readonly type: 'linear' | 'log'; readonly domain: readonly [number, number] };
    /** Vega expression for the label of `datum.value`. */
    readonly label: string;
    readonly ticks?: readonly number[];
  };
}

const columns = 2;
const gap = 24;

/** The same picture several times, one quantity or one table each, on the same axes. */
export function smallMultiples(chart: SmallMultiples): Chart {
  const { color, shape } = seriesChannels(chart.series);
  const data = chart.panels.flatMap((panel) =>
    panel.points
      .filter((point) => point.value !== null)
      .map((point) => ({
        panel: panel.title,
        series: point.series.label,
        concurrency: point.concurrency,
        value: rounded(point.value),
        ...(panel.mark === undefined ? {} : { mark: panel.mark }),
      })),
  );
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    title: chart.y.title,
    scale: { type: chart.y.scale.type, domain: [...chart.y.scale.domain], nice: false },
    axis: {
      labelExpr: chart.y.label,
      labelOverlap: false,
      // Vega thins out explicit values to about as many as tickCount says.
      ...(chart.y.ticks
        ? { values: [...chart.y.ticks], tickCount: 2 * chart.y.ticks.length }
        : { tickCount: 6 }),
    },
  };
  const x = concurrencyAxis(chart.concurrencies, { title: true, narrow: true });
  const rule = {
    transform: [{ filter: 'isValid(datum.mark)' }],
    mark: { type: 'rule' as const, strokeDash: [4, 4], color: colours.axis },
    encoding: { y: { field: 'mark', aggregate: 'max' as const, type: 'quantitative' as const } },
  };
  return {
    name: chart.name,
    alt: chart.alt,
    spec: {
      $schema: schemaUrl,
      title: { text: chart.title, subtitle: chart.subtitle },
      data: { values: data },
      columns,
      bounds: 'flush',
      spacing: { row: 52, column: gap },
      facet: { field: 'panel', type: 'nominal', title: null, sort: chart.panels.map((panel) => panel.title) },
      spec: {
        width: Math.round((plotWidth - gap) / columns),
        height: 180,
        layer: [
          ...(chart.panels.some((panel) => panel.mark !== undefined) ? [rule] : []),
          { mark: { type: 'line', strokeWidth: 2 }, encoding: { x, y, color } },
          { mark: { type: 'point', size: 40, filled: true, opacity: 1 }, encoding: { x, y, color, shape } },
        ],
      },
    },
  };
}
