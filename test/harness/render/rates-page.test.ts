import hdr from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { analysePage } from '../../../harness/analysis/page.ts';
import { rateCurves } from '../../../harness/analysis/rate-curves.ts';
import { buildPlan } from '../../../harness/core/plan.ts';
import type { Run } from '../../../harness/core/journal.ts';
import type { Distribution, RepeatRecord } from '../../../harness/core/record.ts';
import { scenarioSchema } from '../../../harness/core/scenario.ts';
import { ratesLines } from '../../../harness/render/rates-page.ts';
import { isGridPage, renderSubject, subjectTitle } from '../../../harness/render/subject.ts';
import latency from '../../../scenarios/latency.ts';
import { makeUpRecord } from '../../support/made-up-record.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const timings = new Map([
  ['uring', { minimumWindowMs: 100, overheadMs: () => 100, windowEvent: () => null }],
]);
const scenario = scenarioSchema.parse({ ...latency, ceiling: false });
const capacity = 10_000;

function times(count: number, us: (index: number) => number): Distribution {
  const histogram = hdr.build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
  let totalUs = 0;
  let maxUs = 0;
  for (let index = 0; index < count; index++) {
    const value = Math.round(us(index));
    histogram.recordValue(value);
    totalUs += value;
    maxUs = Math.max(maxUs, value);
  }
  return { count, meanUs: totalUs / count, maxUs, hdr: hdr.encodeIntoCompressedBase64(histogram) };
}

/** Times from 1 ms on that double with each tenth of the capacity; the slowest of them differ from block to block. */
function withRates(record: RepeatRecord): RepeatRecord {
  const [arrivals, percent] = String(record.cell.factors['condition']).split('-');
  if (percent === undefined) return record;
  const rate = (capacity * Number(percent)) / 100;
  const succeeded = Math.min(rate, capacity);
  const load = record.load!;
  const scale = 1000 * 2 ** (Number(percent) / 10) * record.block;
  return {
    ...record,
    load: {
      ...load,
      responseTime: times(succeeded, (index) => scale * (1 + index / succeeded)),
      openLoop: {
        rate,
        arrivals: arrivals as 'poisson' | 'constant',
        seed: arrivals === 'poisson' ? 1 : null,
        planned: rate,
        started: succeeded,
        waited: 0,
        unstarted: rate - succeeded,
        before: { planned: 0, carriedOver: 0, unstarted: 0 },
        oldestUnstartedMs: rate > succeeded ? 100 : 0,
        scheduleError: times(succeeded, (index) => 1 + (index % 40)),
        wait: times(1, () => 1),
      },
    },
  };
}

function made(): Run {
  const { repeats } = buildPlan(scenario, 'quick', 1, timings);
  const run = madeUpRun();
  const records = repeats.map((planned) => {
    const percent = /-(\d+)$/.exec(String(planned.cell.factors['condition']))?.[1];
    const requestsPerSecond = Math.min(capacity, (capacity * Number(percent ?? 100)) / 100);
    // By its name a made-up record tells how many workers it is to have.
    const cell = { ...planned.cell, variant: planned.cell.variant.replace('prefork', 'epoll-prefork') };
    const record = makeUpRecord({ ...planned, cell }, { requestsPerSecond }, 1, false);
    return withRates({ ...record, cell: planned.cell });
  });
  return { ...run, manifest: { ...run.manifest, scenario, repeats: [...repeats] }, records };
}

describe('the page about shares of capacity', () => {
  const page = analysePage(made(), 'uring', null);

  it('adds histograms up over the blocks: the median of all is not the mean of the medians', () => {
    const curve = rateCurves(page.run, page.grid).find(
      ({ variant, condition }) => variant === 'serial' && condition.id === 'poisson-50',
    )!;
    // Blocks of equal counts over 32-64, 64-128 and 96-192 ms.
    const at = (nines: number): number =>
      curve.points.find((point) => Math.abs(point.nines - nines) < 1e-9)!.us;
    expect(at(1) / 1000).toBeCloseTo(163, -1);
    expect(curve.cell.responseTime!.p50Us / 1000).toBeCloseTo(91, -1);
    expect(curve.servedShare?.estimate).toBeCloseTo(0.5, 2);
    expect(curve.share).toBe(0.5);
    // As far as ten answers were slower.
    const slower = curve.cell.responseTime!.count * 10 ** -curve.points.at(-1)!.nines;
    expect(slower).toBeGreaterThanOrEqual(10);
    expect(slower).toBeLessThan(13);
  });

  it('has a chart of percentile curves, titled by what it shows, and a row for each share', async () => {
    expect(isGridPage(page)).toBe(false);
    expect(subjectTitle(page)).toMatch(/^Response times at a fixed rate: /);
    const files = await renderSubject(page, [page], 'latency', 'run');
    const text = files.get('latency.md')!;
    expect(text).toContain('(latency/percentile-curves.svg)');
    expect(text).toMatch(/\| blocking-serial \| 50 % \| 5,000.* \| 50 % /);
    expect(text).toContain(
      'closed loop of 50 connections; at a fixed rate at most 1,000 requests are in flight',
    );
    expect(text).toContain('## Load at a fixed rate');
    expect(text.match(/\n\| \S+.* \| (50|70|90|110) %(, constant)? \|/g)).toHaveLength(4 * 5);
    const spec = JSON.parse(files.get('latency/percentile-curves.vl.json')!) as {
      title: { text: string[] };
      data: { values: { panel: string; series: string; nines: number; ms: number }[] };
    };
    expect(spec.title.text.join(' ')).toBe(
      'The 99th percentile at 90 % of capacity is 16.0 times that at 50 %',
    );
    expect(new Set(spec.data.values.map(({ panel }) => panel)).size).toBe(4);
    expect(new Set(spec.data.values.map(({ series }) => series))).toEqual(
      new Set(['50 %', '70 %', '90 %', '110 %', '90 %, constant']),
    );
    expect(files.get('latency/percentile-curves.svg')).toContain('99.9 %');
  });

  it('judges the hypotheses by percentiles of each block', () => {
    const tail = page.hypotheses.find(({ hypothesis }) => hypothesis.id === 'tail')!;
    expect(tail.tests.map(({ value }) => value?.estimate.toFixed(1))).toEqual(['16.0', '16.0']);
    expect(tail.outcome).toBe('supported');
    expect(page.hypotheses.find(({ hypothesis }) => hypothesis.id === 'arrivals')?.outcome).toBe('refuted');
  });

  it('tells a terminal what was asked, what was served, and how punctual it was', () => {
    expect(ratesLines(page)).toContain(
      'blocking-serial, 90 %: asked 9,000 /s, served 9,000 /s, schedule error p99 40 µs',
    );
  });
});
