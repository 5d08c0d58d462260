import { describe, expect, it } from 'vitest';
import { compareLoads } from '../../../harness/analysis/loads.ts';
import { analysePage } from '../../../harness/analysis/page.ts';
import type { Manifest } from '../../../harness/core/manifest.ts';
import { historyChart } from '../../../harness/render/charts/history.ts';
import { toSvg, type Chart } from '../../../harness/render/charts/svg.ts';
import { historyOf, type History, type PastRun } from '../../../harness/render/history.ts';
import { renderIndex } from '../../../harness/render/index-page.ts';
import { madeUpRun, type MadeUp } from '../../support/made-up-run.ts';

const small = { concurrencies: [5, 10], traced: undefined, seedTable: undefined };

/** The `day`th day's run. */
function pastRun(day: number, options: MadeUp = {}): PastRun {
  const run = madeUpRun({
    blocks: 2,
    createdAt: `2026-01-0${day}T00:00:00.000Z`,
    ...options,
    scenario: { ...small, ...options.scenario },
  });
  const loads = run.manifest.scenario.loads.map(({ id }) => id);
  const subject = loads.length > 1 ? compareLoads(run, loads) : analysePage(run, loads[0]!, null);
  return { subject, name: `run-${day}` };
}

const elsewhere = (change: Partial<Manifest['environment']>): MadeUp => ({
  adjustManifest: (manifest) => ({ ...manifest, environment: { ...manifest.environment, ...change } }),
});

const lettersOf = (history: History | null): string =>
  history!.runs.map(({ circumstances }) => circumstances).join('');

interface Row {
  readonly run: string;
  readonly place: number;
  readonly panel: string;
  readonly series: string;
  readonly ratio: number;
  readonly low: number | null;
}
const chartOf = (history: History | null): Chart =>
  historyChart(history!, { name: 'single-core', title: 'Three servers' });
const rowsOf = (chart: Chart): Row[] => (chart.spec as unknown as { data: { values: Row[] } }).data.values;

describe('the history of a scenario', () => {
  it('needs two runs that have a ratio', () => {
    const failed: MadeUp = { adjust: (record) => ({ ...record, status: 'failed' }) };
    const alone: MadeUp = { scenario: { variants: [{ id: 'v', label: 'v', plugin: 'x' }], baseline: 'v' } };
    expect(historyOf([pastRun(1)])).toBeNull();
    expect(historyOf([pastRun(1), pastRun(2, failed)])).toBeNull();
    expect(historyOf([pastRun(1, alone), pastRun(2, alone)])).toBeNull();
    expect(historyOf([pastRun(1), pastRun(2, failed), pastRun(3)])!.runs).toHaveLength(2);
  });

  it('is in the order of time, with a panel for each behaviour of the queue', () => {
    const history = historyOf([pastRun(2), pastRun(3), pastRun(1)])!;
    expect(history.runs.map(({ name }) => name)).toEqual(['run-1', 'run-2', 'run-3']);
    expect(history.panels).toEqual([
      "requests per second, without overflow of the baseline's queue",
      "requests per second, with overflow of the baseline's queue",
    ]);
    expect(history.over).toBe('blocking-serial');
    expect(history.labels).toEqual(['epoll-prefork (1 worker)', 'epoll-prefork (2 workers)']);
    expect(history.circumstances.size).toBe(1);
  });

  it('puts a run whose queue never overflowed beside those where it did not at these concurrencies', () => {
    const never = pastRun(2, { behaviour: () => ({ requestsPerSecond: 900, overflows: 0 }) });
    const always = pastRun(3, { behaviour: () => ({ requestsPerSecond: 900, overflows: 90 }) });
    const history = historyOf([pastRun(1), never, always])!;
    expect(history.panels).toHaveLength(2);
    const panelsOf = (index: number) => new Set(history.runs[index]!.points.map(({ panel }) => panel));
    expect([...panelsOf(1)]).toEqual([history.panels[0]]);
    expect([...panelsOf(2)]).toEqual([history.panels[1]]);
  });

  it.each<[string, MadeUp, string]>([
    ['processor', elsewhere({ cpuModel: 'Other CPU' }), 'Other CPU'],
    ['kernel', elsewhere({ kernel: '9.9' }), 'kernel 9.9'],
    ['kind of hosts', elsewhere({ hostKind: 'loopback' }), 'hosts loopback'],
    ['choice of cores', elsewhere({ sharedCores: [1] }), 'Tom and Jerry share a core'],
    ['load', { scenario: { loads: [{ id: 'wrk' }] } }, 'load wrk'],
    [
      'option of the load',
      { scenario: { loads: [{ id: 'epoll', params: { close: 'reset' } }] } },
      'load epoll close=reset',
    ],
    ['grid', { scenario: { concurrencies: [5, 10, 20] } }, '3 concurrencies from 5 to 20'],
    ['baseline', { scenario: { baseline: 'epoll-prefork-1' } }, 'over epoll-prefork (1 worker)'],
  ])('tells runs with another %s apart, by that alone', (_, other, fact) => {
    const history = historyOf([pastRun(1), pastRun(2, other), pastRun(3)])!;
    expect(lettersOf(history)).toBe('ABA');
    expect(history.circumstances.get('B')).toBe(fact);
  });

  it('shows five of more variants: those that the newest title names, then the first', () => {
    const variants = Array.from({ length: 8 }, (_, index) => ({
      id: `v${index}`,
      label: `V${index}`,
      plugin: 'x',
    }));
    const options: MadeUp = {
      blocks: 5,
      noise: 0,
      scenario: { variants, baseline: 'v0' },
      behaviour: (variant) => ({ requestsPerSecond: variant === 'v7' ? 1300 : 1000, overflows: 0 }),
    };
    const history = historyOf([pastRun(1, options), pastRun(2, options)])!;
    expect(history.labels).toEqual(['V1', 'V2', 'V3', 'V4', 'V7']);
    expect(history.allLabels).toBe(7);
  });

  it("follows the cost of a request where runs compare loads, as their pages' titles do", () => {
    const loads: MadeUp = { scenario: { loads: [{ id: 'epoll' }, { id: 'wrk' }] } };
    const history = historyOf([pastRun(1, loads), pastRun(2, loads)])!;
    expect(history).toMatchObject({
      over: 'epoll',
      labels: ['wrk'],
      panels: ['CPU time of a request, at 5 connections'],
    });
  });
});

describe('the chart of a history', () => {
  it('joins no runs of different circumstances', async () => {
    const history = historyOf([pastRun(1), pastRun(2, elsewhere({ kernel: '9.9' })), pastRun(3)]);
    const svg = await toSvg(chartOf(history).spec);
    const lines = [...svg.matchAll(/aria-roledescription="line mark" d="([^"]*)"/g)].map(([, path]) => path!);
    // Two panels of two variants, each with the line of A, and one of B that is a point.
    expect(lines.filter((path) => path.includes('L'))).toHaveLength(4);
    expect(lines.every((path) => path.split('L').length <= 2)).toBe(true);
    expect(svg).toContain('No line joins runs');
    expect(await toSvg(chartOf(historyOf([pastRun(1), pastRun(2)])).spec)).not.toContain(
      'No line joins runs',
    );
  });

  it('holds each ratio at the place of its run, without whiskers where there was one block', () => {
    const rows = rowsOf(chartOf(historyOf([pastRun(1, { blocks: 1 }), pastRun(2, { blocks: 3 })])));
    expect(rows).toHaveLength(8);
    expect(new Set(rows.map(({ run, place }) => `${run} ${Math.round(place)}`))).toEqual(
      new Set(['run-1 0', 'run-2 1']),
    );
    for (const { run, ratio, low } of rows) {
      if (run === 'run-1') expect(low).toBeNull();
      else expect(low).toBeLessThanOrEqual(ratio);
    }
  });

  it('gives the same bytes whatever the order of the runs, and fits a page', async () => {
    const runs = [1, 2, 3, 4].map((day) => pastRun(day));
    const svg = await toSvg(chartOf(historyOf(runs)).spec);
    expect(await toSvg(chartOf(historyOf([...runs].reverse())).spec)).toBe(svg);
    expect(Number(/width="(\d+)"/.exec(svg)![1])).toBeLessThanOrEqual(830);
    expect(svg).not.toContain('…');
  });
});

describe('the index', () => {
  const indexOf = async (runs: readonly PastRun[]): Promise<ReadonlyMap<string, string>> =>
    renderIndex(
      runs.map(({ subject, name }) => ({ subject, runPath: `../results/x/${name}`, pageName: null })),
      [],
      new Map(),
    );

  it('says of each run what it showed, where, and at which commit', async () => {
    const failed: MadeUp = { adjust: (record) => ({ ...record, status: 'failed' }) };
    const same: MadeUp = { behaviour: () => ({ requestsPerSecond: 900, overflows: 0 }) };
    const text = (await indexOf([pastRun(1, failed), pastRun(2, same), pastRun(3)])).get('index/runs.md')!;
    const rows = text.split('\n').filter((line) => line.startsWith('| [2026'));
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(
      /run-3\) \| blocking-serial falls to .* \| `epoll` \| quick, 2 blocks, 6 cells \| /,
    );
    expect(rows[0]).toContain('Made-up CPU, 2 CPUs, kernel 6.1.0-made-up, netns | `0123456` |');
    expect(rows[1]).toContain('| too few blocks to say |');
    expect(rows[2]).toContain(
      '| nothing could be measured | `epoll` | quick, 2 blocks, 6 cells, **12 failed** |',
    );
  });

  it('names what its charts leave out, and in what their runs differ', async () => {
    const files = await indexOf([pastRun(1), pastRun(2, elsewhere({ kernel: '9.9' }))]);
    expect([...files.keys()]).toEqual([
      'index.md',
      'index/runs.md',
      'index/single-core-history.svg',
      'index/single-core-history.vl.json',
    ]);
    expect(files.get('index/runs.md')).toContain(
      'Its letters:\n\n- A: kernel 6.1.0-made-up\n- B: kernel 9.9\n',
    );
  });
});
