import { describe, expect, it } from 'vitest';
import { hypothesisSchema, type HypothesisInput } from '../../../harness/core/hypothesis.ts';
import type { Run } from '../../../harness/core/journal.ts';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import { judgeHypotheses, type HypothesisResult } from '../../../harness/analysis/hypotheses.ts';
import { findRuns, readRun } from '../../../harness/effects/results.ts';
import { readSeedTables } from '../../../harness/effects/seed-figures.ts';
import { certaintyOf, conclusionOf, hypothesesSection } from '../../../harness/render/sections/hypotheses.ts';

/* On the real journal that has most blocks: the same servers with and without probes that watch them. */

const directory = (await findRuns('results')).find((path) => path.includes('/probes/'))!;
const real: Run = await readRun(directory);
const seed = await readSeedTables();

const watched = { variant: 'blocking-serial', condition: 'watched', concurrencies: [50] };
const unwatched = { ...watched, condition: 'unwatched' };

type Test = HypothesisInput['tests'][number];
const ratio = (supports: Test['supports'], refutes: Test['refutes']): Test => ({
  id: 'ratio',
  what: 'watched over unwatched',
  figure: 'requestsPerSecond',
  of: watched,
  over: unwatched,
  supports,
  refutes,
});

function judged(tests: readonly Test[], more: Partial<HypothesisInput> = {}, run = real): HypothesisResult {
  const hypothesis = hypothesisSchema.parse({
    id: 'trial',
    question: 'P1',
    claim: 'a claim',
    source: 'somebody',
    tests,
    conclude: { supported: 'it is {ratio}', refuted: 'it is not: {ratio}', undecided: 'perhaps {ratio}' },
    ...more,
  });
  const scenario = { ...run.manifest.scenario, hypotheses: [hypothesis] };
  const withIt = { ...run, manifest: { ...run.manifest, scenario } };
  return judgeHypotheses(withIt, buildGrid(withIt, 'uring'), seed)[0]!;
}

describe('a hypothesis', () => {
  it('is supported where the whole interval lies beyond the limit, and refuted from the other side', () => {
    const supported = judged([ratio({ atLeast: 0.7 }, { atMost: 0.5 })]);
    expect(supported.outcome).toBe('supported');
    expect(supported.tests[0]!.value!.blocks).toBeGreaterThan(10);
    expect(conclusionOf(supported)).toMatch(/^it is \d\.\d\d× \(\d\.\d\d–\d\.\d\d\)$/);
    expect(judged([ratio({ atMost: 0.5 }, { atLeast: 0.7 })]).outcome).toBe('refuted');
  });

  it('is undecided where the interval holds a limit, or lies between the two', () => {
    const { value } = judged([ratio({ atLeast: 0.7 }, { atMost: 0.5 })]).tests[0]!;
    expect(judged([ratio({ atLeast: value!.estimate }, { atMost: 0.5 })]).outcome).toBe('undecided');
    expect(judged([ratio({ atLeast: 2 }, { atMost: 0.5 })]).outcome).toBe('undecided');
  });

  it('needs all of its tests, and falls with one', () => {
    const holds = ratio({ atLeast: 0.7 }, { atMost: 0.5 });
    const fails = ratio({ atMost: 0.5 }, { atLeast: 0.7 });
    const open = ratio({ atLeast: 2 }, { atMost: 0.5 });
    expect(judged([holds, open]).outcome).toBe('undecided');
    expect(judged([holds, open, fails]).outcome).toBe('refuted');
  });

  it('is decided by no run of too few blocks, and by none on a machine where something else ran', () => {
    const tests = [ratio({ atLeast: 0.7 }, { atMost: 0.5 })];
    const few = { ...real, records: real.records.filter(({ block }) => block <= 2) };
    expect(judged(tests, {}, few).outcome).toBe('undecided');
    const disturbed = real.records.map((record) => ({
      ...record,
      // Half of the window's time of every core, and nobody of ours had it.
      ...(record.cpu && {
        cpu: {
          ...record.cpu,
          cores: record.cpu.cores.map((core) => ({
            ...core,
            userMs: core.userMs + record.cpu!.windowMs / 2,
            idleMs: 0,
            iowaitMs: 0,
            softirqMs: 0,
          })),
        },
      }),
    }));
    const result = judged(tests, {}, { ...real, records: disturbed });
    expect(result.tests[0]).toMatchObject({ disturbed: true, outcome: 'undecided' });
    expect(hypothesesSection([result])).toContain('undecided: disturbed');
  });

  it('is undecided where its cells were not measured', () => {
    const absent = { ...ratio({ atLeast: 0.7 }, { atMost: 0.5 }), of: { ...watched, concurrencies: [7] } };
    const result = judged([absent]);
    expect(result).toMatchObject({ outcome: 'undecided', tests: [{ value: null }] });
    expect(conclusionOf(result)).toBe('perhaps –');
    expect(certaintyOf(result)).toBe('not measured');
  });

  it('takes amounts that are zero for what they are', () => {
    const never: Test = {
      id: 'ratio',
      what: 'requests never answered',
      figure: 'stalled',
      of: watched,
      supports: { atMost: 0 },
      refutes: { atLeast: 1 },
    };
    const result = judged([never]);
    expect(result.tests[0]!.value).toMatchObject({ estimate: 0, low: 0, high: 0 });
    expect(result.outcome).toBe('supported');
    // Nothing over nothing is no ratio.
    expect(judged([{ ...never, over: unwatched }]).tests[0]!.value).toBeNull();
  });

  it('is judged on the figures of the seed as well', () => {
    const result = judged([ratio({ atLeast: 0.7 }, { atMost: 0.5 })], {
      onSeed: [
        {
          id: 'fall',
          what: 'serial: 10 clients over 5',
          table: 'single-core',
          of: { variant: 'blocking-serial', concurrency: 10 },
          over: { variant: 'blocking-serial', concurrency: 5 },
          supports: { atLeast: 0.7 },
          refutes: { atMost: 0.5 },
        },
      ],
    });
    expect(result.outcome).toBe('supported');
    expect(result.onSeed!.outcome).toBe('refuted');
    expect(result.onSeed!.tests[0]!.value!.estimate).toBeCloseTo(0.25, 1);
    expect(hypothesesSection([result])).toContain('it would be refuted');
  });
});
