import type { HypothesisResult, TestResult } from '../../analysis/hypotheses.ts';
import { present } from '../../analysis/statistics.ts';
import { limitOf, type Range } from '../../core/hypothesis.ts';
import { bordersOf } from '../interval-text.ts';
import { plotWidth, rounded, schemaUrl } from './common.ts';
import type { Chart } from './svg.ts';
import { colours, seriesStyle } from './theme.ts';

const labelWidth = 330;
const rowHeight = 34;
/** How far beyond the outermost figure or limit the axis goes. */
const margin = 1.25;

/** The ratios that decide, with their intervals, between the limits beyond which they do. Null where there are none. */
export function hypothesesChart(results: readonly HypothesisResult[]): Chart | null {
  const rows = results.flatMap(({ hypothesis, tests }) =>
    tests
      .filter(({ test, value }) => test.over !== undefined && value !== null)
      .map((result) => ({ name: `${hypothesis.question}: ${result.test.what}`, ...result })),
  );
  if (rows.length === 0) return null;
  const points = rows.map(pointOf);
  const ends = [
    ...points.flatMap(({ ratio, low, high }) => present([ratio, low, high])),
    ...rows.flatMap(({ test }) => [limitOf(test.supports), limitOf(test.refutes)]),
  ];
  const domain = [Math.min(1, ...ends) / margin, Math.max(1, ...ends) * margin] as const;
  const region = ({ name }: { name: string }, range: Range, meaning: string) => ({
    name,
    meaning,
    from: rounded('atLeast' in range ? range.atLeast : domain[0]),
    to: rounded('atLeast' in range ? domain[1] : range.atMost),
  });
  const regions = rows.flatMap((row) => [
    region(row, row.test.supports, 'supports'),
    region(row, row.test.refutes, 'refutes'),
  ]);
  const names = rows.map(({ name }) => name);
  const y = {
    field: 'name',
    type: 'nominal' as const,
    title: null,
    sort: names,
    axis: {
      labelLimit: labelWidth,
      // In two lines where it is long: a claim has no short name.
      labelExpr: `length(datum.label) > ${lineLength} ? [slice(datum.label, 0, lastindexof(slice(datum.label, 0, ${lineLength}), ' ')), slice(datum.label, lastindexof(slice(datum.label, 0, ${lineLength}), ' ') + 1)] : datum.label`,
      grid: false,
      ticks: false,
      domain: false,
    },
  };
  const x = {
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [...domain], nice: false },
    title: 'ratio (log scale)',
  };
  return {
    name: 'hypotheses',
    alt: 'The ratios that decide the hypotheses, with 95 % intervals, between the limits that support and refute',
    spec: {
      $schema: schemaUrl,
      title: {
        text: 'The figures that decide, and the limits that were set before',
        subtitle:
          'A claim is supported where the whole interval lies in the one field, refuted where it lies in the other.',
      },
      width: plotWidth - labelWidth,
      height: { step: rowHeight },
      layer: [
        {
          data: { values: regions },
          mark: { type: 'bar', height: { band: 0.85 }, opacity: 0.22 },
          encoding: {
            y,
            x: { ...x, field: 'from' },
            x2: { field: 'to' },
            color: {
              field: 'meaning',
              type: 'nominal',
              title: null,
              scale: {
                domain: ['supports', 'refutes'],
                range: [seriesStyle(2).colour, seriesStyle(1).colour],
              },
            },
          },
        },
        {
          data: { values: points },
          mark: { type: 'rule', strokeWidth: 2, color: colours.text },
          encoding: { y, x: { ...x, field: 'low' }, x2: { field: 'high' } },
        },
        {
          data: { values: points },
          mark: { type: 'point', filled: true, size: 60, opacity: 1, color: colours.text },
          encoding: { y, x: { ...x, field: 'ratio' } },
        },
      ],
    },
  };
}

const lineLength = 48;

function pointOf({ name, value }: TestResult & { readonly name: string }) {
  const borders = bordersOf(value!);
  return {
    name,
    ratio: rounded(value!.estimate),
    low: rounded(borders?.low ?? value!.estimate),
    high: rounded(borders?.high ?? value!.estimate),
  };
}
