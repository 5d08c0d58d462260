import { formatInstant } from '../format.ts';
import type { History } from '../history.ts';
import { plotWidth, rounded, schemaUrl, seriesChannels } from './common.ts';
import type { Chart, ChartSpec } from './svg.ts';
import { colours, seriesStyle } from './theme.ts';

/** The headline ratios of a scenario from run to run, one panel above the other. */
export function historyChart(history: History, scenario: { name: string; title: string }): Chart {
  const { runs, panels, labels, over } = history;
  const several = history.circumstances.size > 1;
  return {
    name: `${scenario.name}-history`,
    alt: `${scenario.title}: ratios of ${labels.join(', ')} over ${over ?? 'the baseline'} in ${runs.length} runs`,
    spec: {
      $schema: schemaUrl,
      title: {
        text: `Ratio over ${over ?? 'the baseline'}, from run to run`,
        subtitle: [
          `Dashed: as much as ${over ?? 'the baseline'}. Whiskers: what the blocks of a run leave uncertain.`,
          ...(several
            ? ['Letters and shapes: circumstances. No line joins runs that were measured in different ones.']
            : []),
        ],
      },
      data: { values: rowsOf(history) },
      spacing: 40,
      bounds: 'flush',
      vconcat: panels.map((panel, index) => panelOf(history, panel, index)),
    },
  };
}

/** How much of the room of a run its lines take, so that their whiskers do not lie on each other. */
const spreadShare = 0.4;

function rowsOf({ runs, labels }: History) {
  return runs.flatMap(({ name, createdAt, circumstances, points }, index) =>
    points.map(({ panel, label, ratio, low, high }) => ({
      run: name,
      measured: createdAt,
      place: rounded(index + spreadShare * ((labels.indexOf(label) + 0.5) / labels.length - 0.5)),
      circumstances,
      panel,
      series: label,
      ratio: rounded(ratio),
      low: rounded(low),
      high: rounded(high),
    })),
  );
}

type Panel = Extract<ChartSpec, { vconcat: unknown }>['vconcat'][number];

function panelOf(history: History, panel: string, index: number): Panel {
  const { runs, panels, labels, circumstances } = history;
  const { color } = seriesChannels(labels.map((label) => ({ label })));
  const letters = [...circumstances.keys()];
  const y = {
    field: 'ratio',
    type: 'quantitative' as const,
    title: 'ratio (log scale)',
    scale: { type: 'log' as const, domain: domainOf(history), nice: false },
    axis: { tickCount: 6, format: '~g', minExtent: 36 },
  };
  return {
    title: { text: panel, fontSize: 12, offset: 6 },
    width: plotWidth,
    height: 190,
    transform: [{ filter: { field: 'panel', equal: panel } }],
    encoding: {
      x: {
        field: 'place',
        type: 'quantitative',
        title: null,
        scale: { domain: [-0.5, runs.length - 0.5], nice: false },
        axis: {
          values: runs.map((_, place) => place),
          // Vega thins out explicit values to about as many as tickCount says.
          tickCount: 2 * runs.length,
          grid: false,
          labelExpr: runLabels(history),
          labels: index === panels.length - 1,
          labelOverlap: 'greedy',
          labelSeparation: 6,
        },
      },
      color: { ...color, legend: { ...color.legend, symbolType: 'stroke', symbolStrokeWidth: 3 } },
    },
    layer: [
      {
        mark: { type: 'rule', strokeDash: [4, 4], color: colours.axis },
        encoding: {
          x: { value: 0 },
          x2: { value: plotWidth },
          y: { datum: 1 },
          color: { value: colours.axis },
        },
      },
      { mark: { type: 'line', strokeWidth: 2 }, encoding: { y, detail: { field: 'circumstances' } } },
      {
        transform: [{ filter: 'isValid(datum.low)' }],
        mark: { type: 'rule', strokeWidth: 1.5 },
        encoding: { y: { ...y, field: 'low' }, y2: { field: 'high' } },
      },
      {
        mark: { type: 'point', size: 60, filled: true, opacity: 1 },
        encoding: {
          y,
          shape: {
            field: 'circumstances',
            type: 'nominal',
            title: null,
            // Not beside the other legend, which may be as wide as the chart.
            legend:
              letters.length > 1
                ? { orient: 'bottom', columns: 12, symbolFillColor: colours.faintText }
                : null,
            scale: { domain: letters, range: letters.map((_, place) => seriesStyle(place).shape) },
          },
        },
      },
    ],
  };
}

/** From the lowest to the highest of all panels, 1 among them, with some room. */
function domainOf({ runs }: History): [number, number] {
  const ends = runs.flatMap(({ points }) =>
    points.flatMap(({ ratio, low, high }) => [low ?? ratio, high ?? ratio]),
  );
  return [rounded(Math.min(1, ...ends) / 1.08)!, rounded(Math.max(1, ...ends) * 1.08)!];
}

/** A Vega expression: day, time of day and letter below each run. */
function runLabels({ runs, circumstances }: History): string {
  const lines = runs.map((run) => {
    const [day, time] = formatInstant(run.createdAt).split(' ');
    return [day, time, ...(circumstances.size > 1 ? [run.circumstances] : [])];
  });
  return `(${JSON.stringify(lines)})[datum.value]`;
}
