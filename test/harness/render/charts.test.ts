import { describe, expect, it } from 'vitest';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import { cpuChart } from '../../../harness/render/charts/cpu.ts';
import { responseTimeChart } from '../../../harness/render/charts/response-times.ts';
import { specText, toSvg, type Chart } from '../../../harness/render/charts/svg.ts';
import { throughputChart } from '../../../harness/render/charts/throughput.ts';
import { madeUpRun, type MadeUp } from '../../support/made-up-run.ts';

const gridOf = (options: MadeUp = {}) =>
  buildGrid(
    madeUpRun({
      blocks: 2,
      ...options,
      scenario: { concurrencies: [5, 50], traced: undefined, ...options.scenario },
    }),
    'epoll',
  );

interface Point {
  readonly series: string;
  readonly concurrency: number;
  readonly state: string;
  readonly bound: boolean;
  readonly disturbed: boolean;
  readonly requestsPerSecond: number | null;
}

function points(chart: Chart): Point[] {
  return (chart.spec as unknown as { data: { values: Point[] } }).data.values;
}

describe('the throughput chart', () => {
  it('draws a cell whose generator was the limit as a hollow point, and says what that means', async () => {
    const grid = gridOf({
      behaviour: (_, concurrency) => ({
        requestsPerSecond: 900,
        generatorShare: concurrency === 50 ? 0.95 : 0.5,
      }),
    });
    const chart = throughputChart(grid);
    expect(points(chart).map((point) => point.bound)).toEqual([false, true, false, true, false, true]);
    const svg = await toSvg(chart.spec);
    expect(svg).toContain('Hollow: the load generator was the limit, or close to it.');
    expect(svg.match(/<path[^>]*fill="#ffffff"[^>]*stroke="#[0-9a-f]{6}"/g)).toHaveLength(3);
  });

  it('draws it hollow even where something else took part of the cores', () => {
    const grid = gridOf({
      behaviour: () => ({ requestsPerSecond: 900, generatorShare: 0.95 }),
      adjust: (record) => ({
        ...record,
        cpu: {
          ...record.cpu!,
          cores: record.cpu!.cores.map((core) => ({ ...core, stealMs: record.cpu!.windowMs / 4, idleMs: 0 })),
        },
      }),
    });
    for (const point of points(throughputChart(grid))) {
      expect(point).toMatchObject({ bound: true, disturbed: true });
    }
  });

  it('draws no plain figure for a cell that failed, in part or as a whole', async () => {
    const grid = gridOf({
      behaviour: () => ({ requestsPerSecond: 900 }),
      adjust: (record) => {
        const { variant, concurrency } = record.cell;
        const fails = variant === 'blocking-serial' && (concurrency === 50 || record.block === 1);
        return fails ? { ...record, status: 'failed' } : record;
      },
    });
    const chart = throughputChart(grid);
    expect(points(chart).slice(0, 2)).toEqual([
      expect.objectContaining({ state: 'part', requestsPerSecond: expect.any(Number) as number }),
      expect.objectContaining({ state: 'failed', requestsPerSecond: null }),
    ]);
    const svg = await toSvg(chart.spec);
    expect(svg).toContain('Ringed: some repeats failed. × on the axis: no valid figure.');
    expect(svg.match(/>×</g)).toHaveLength(1);
  });

  it('can be drawn whatever there is', async () => {
    const cases: MadeUp[] = [
      { adjust: (record) => ({ ...record, status: 'failed' }) },
      { scenario: { concurrencies: [7] }, blocks: 1 },
      { behaviour: () => ({ requestsPerSecond: 0 }) },
      { behaviour: () => ({ requestsPerSecond: 5, overflows: 0 }) },
      {
        scenario: { concurrencies: [1, 20_000] },
        behaviour: () => ({ requestsPerSecond: 1e6, overflows: 1e6 }),
      },
    ];
    for (const one of cases)
      expect(await toSvg(throughputChart(gridOf(one)).spec)).toMatch(/^<svg .*<\/svg>\n$/s);
  });

  it('leaves the panel of overflows out where they were not counted', async () => {
    const grid = gridOf({
      adjust: (record) => {
        delete record.kernel;
        return record;
      },
    });
    expect(await toSvg(throughputChart(grid).spec)).not.toContain('overflows');
  });
});

describe('all charts', () => {
  const charts = (options: MadeUp = {}): Chart[] => {
    const grid = gridOf(options);
    return [throughputChart(grid), responseTimeChart(grid)!, cpuChart(grid, false)!];
  };

  it('give the same bytes each time', async () => {
    for (const chart of charts()) expect(await toSvg(chart.spec)).toBe(await toSvg(chart.spec));
  });

  it('give the same colour and shape to the same variant', async () => {
    const styles = await Promise.all(
      charts().map(async (chart) => {
        const svg = await toSvg(chart.spec);
        return ['#0072b2', '#d55e00', '#009e73'].map((colour) => svg.includes(`"${colour}"`));
      }),
    );
    expect(styles).toEqual(styles.map(() => [true, true, true]));
  });

  it('fit a page, follow the dark scheme and cut no text', async () => {
    for (const chart of charts()) {
      const svg = await toSvg(chart.spec);
      expect(Number(/width="(\d+)"/.exec(svg)![1])).toBeLessThanOrEqual(830);
      expect(svg).toContain('@media (prefers-color-scheme:dark)');
      expect(svg).not.toContain('…');
    }
  });

  it('can take labels that are no markup', async () => {
    const [chart] = charts({
      scenario: { variants: [{ id: 'v', label: '<b>&"', plugin: 'x' }], baseline: 'v' },
    });
    expect(await toSvg(chart!.spec)).toContain('&lt;b&gt;&amp;');
  });

  it('come with a specification that holds their data', () => {
    for (const chart of charts()) {
      const spec = JSON.parse(specText(chart.spec)) as Chart['spec'] & { $schema: string };
      expect(spec.$schema).toMatch(/vega-lite\/v6/);
      expect(points({ ...chart, spec })).toEqual(points(chart));
    }
  });

  it('are left out where there is nothing to draw', () => {
    const blind = gridOf({
      adjust: (record) => {
        delete record.cpu;
        record.load!.responseTime = null;
        return record;
      },
    });
    expect(cpuChart(blind, false)).toBeNull();
    expect(responseTimeChart(blind)).toBeNull();
  });
});
