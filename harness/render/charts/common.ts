import type { CellAnalysis } from '../../analysis/cells.ts';
import { bordersOf } from '../interval-text.ts';
import { seriesStyle } from './theme.ts';

export const schemaUrl = 'https://vega.github.io/schema/vega-lite/v6.json';

/** A report's column on GitHub is about 800 pixels wide; so is every chart, labels included. */
export const plotWidth = 690;

/** Data in a specification, short enough to be read: four digits are more than a measurement has. */
export function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}

/** The 95 % interval where there are blocks enough, else from the smallest to the largest. */
export function bandOf({ requestsPerSecond: rate, interval }: CellAnalysis) {
  const borders = interval && bordersOf(interval);
  return {
    low: rounded(borders?.low ?? rate?.min ?? null),
    high: rounded(borders?.high ?? rate?.max ?? null),
  };
}

/** Colour and shape by series, in one legend. */
export function seriesChannels(series: readonly { readonly label: string }[], legend = true) {
  const domain = series.map((one) => one.label);
  const styles = series.map((_, index) => seriesStyle(index));
  const shared = { field: 'series', type: 'nominal' as const, title: null };
  const guide = legend ? legendLayout(domain) : { legend: null };
  return {
    color: { ...shared, ...guide, scale: { domain, range: styles.map((style) => style.colour) } },
    shape: { ...shared, ...guide, scale: { domain, range: styles.map((style) => style.shape) } },
  };
}

/** About the width of a letter of a legend, and of what stands before a label, in pixels. */
const letterWidth = 6.6;
const symbolWidth = 30;

/** One line where the labels fit into the plot's width, else as many columns as do. */
function legendLayout(labels: readonly string[]): { legend?: { columns: number } } {
  const widths = labels.map((label) => symbolWidth + letterWidth * label.length);
  if (widths.reduce((sum, width) => sum + width, 0) <= plotWidth) return {};
  return { legend: { columns: Math.max(1, Math.floor(plotWidth / Math.max(...widths))) } };
}

/** Those of ascending values that leave room for their labels on a logarithmic axis; the largest is always there. */
function spacedOut(values: readonly number[], smallestRatio: number): number[] {
  return [...values].reverse().reduce<number[]>((kept, value) => {
    const next = kept[0];
    return next === undefined || next / value >= smallestRatio ? [value, ...kept] : kept;
  }, []);
}

/** The logarithmic concurrency axis that all charts of a page share. */
export function concurrencyAxis(
  concurrencies: readonly number[],
  options: { title: boolean; labels?: boolean; narrow?: boolean },
) {
  const first = concurrencies[0] ?? 1;
  const last = concurrencies.at(-1) ?? 1;
  return {
    field: 'concurrency',
    type: 'quantitative' as const,
    title: options.title ? 'connections at once (log scale)' : null,
    // A grid of one concurrency has no width on a logarithmic axis; it is given some.
    scale: {
      type: 'log' as const,
      nice: false,
      domain: first === last ? [first / 2, last * 2] : [first, last],
      padding: 10,
    },
    axis: {
      values: spacedOut(concurrencies, options.narrow === true ? 1.9 : 1.28),
      format: 'd',
      labels: options.labels ?? true,
      labelOverlap: 'greedy' as const,
      labelSeparation: options.narrow === true ? 4 : 2,
      grid: true,
    },
  };
}
