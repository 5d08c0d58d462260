import { describe, expect, it } from 'vitest';
import { acceptQueueOf, parseSamples, ratesOver, statesOf } from '../../../harness/core/sampler-output.ts';

const queueColumns = ['atUs', 'length', 'limit', 'answered', 'tasks', 'runnable', 'sleepsIn'];

function output(rows: (number | null)[][], more: object = {}): string {
  const samples = {
    event: 'samples',
    schema: 1,
    intervalMs: 40,
    cpu: { userMs: 1, systemMs: 2 },
    counters: { columns: ['atUs', 'inUse', 'timeWait'], rows: [] },
    queue: { columns: queueColumns, rows },
    syscalls: { 45: 'recvfrom' },
    ...more,
  };
  return `${JSON.stringify({ event: 'sampling' })}\n${JSON.stringify(samples)}\n`;
}

const whole = { fromUs: 0, toUs: Infinity };

describe('parseSamples', () => {
  it.each([
    ['nothing', '', 'does not end with its samples'],
    ['a sampler that was cut off', output([]).slice(0, -20), 'does not end with its samples'],
    ['a row that is too short', output([[1, 2]]), 'rows of another length'],
    ['a sample without a time', output([[null, 0, 5, 0, 1, 1, -1]]), 'a sample without a time'],
    ['another format', output([], { schema: 2 }), 'schema'],
  ])('says what is wrong with %s', (_, text, problem) => {
    expect(() => parseSamples(text)).toThrow(problem);
  });
});

describe('acceptQueueOf', () => {
  const rows = [
    [0, 0, 5, 0, 1, 1, -1],
    [40_000, 2, 5, 100, 1, 1, -1],
    // It sleeps before work, but has answered in between: two short sleeps.
    [80_000, 3, 5, 150, 1, 0, 45],
    [120_000, 3, 5, 200, 1, 0, 45],
    // Nothing was answered since the sample before: one long one.
    [160_000, 6, 5, 200, 1, 0, 45],
    [200_000, 6, 5, 200, 1, 0, 45],
    [240_000, 1, 5, 300, 1, 1, -1],
    [280_000, 0, 5, 400, 1, 0, -1],
  ];

  it('tells a server that sleeps on one client from one that sleeps often, or has nothing to do', () => {
    const queue = acceptQueueOf(parseSamples(output(rows)), whole);
    expect(queue).toMatchObject({
      samples: 8,
      limit: 5,
      maxLength: 6,
      meanLength: 21 / 8,
      waitingShare: 6 / 8,
      fullShare: 2 / 8,
      sleepingShare: 4 / 8,
      sleptIn: { recvfrom: 4 },
      blockedShare: 2 / 8,
      longestBlockMs: 80,
      samplerCpuMs: 3,
    });
  });

  it('does not guess at a server that keeps no count of its answers', () => {
    const uncounted = rows.map((row) => row.map((value, at) => (at === 3 ? null : value)));
    const queue = acceptQueueOf(parseSamples(output(uncounted)), whole);
    expect([queue.sleepingShare, queue.blockedShare, queue.longestBlockMs]).toEqual([4 / 8, null, null]);
  });

  it('looks at the window alone', () => {
    const queue = acceptQueueOf(parseSamples(output(rows)), { fromUs: 40_000, toUs: 120_000 });
    expect([queue.samples, queue.maxLength, queue.blockedShare]).toEqual([3, 3, 0]);
  });

  it('leaves open what it could not see', () => {
    const blind = rows.map(([at, length, limit]) => [at!, length!, limit!, null, null, null, null]);
    const queue = acceptQueueOf(parseSamples(output(blind)), whole);
    expect(queue).toMatchObject({
      sleepingShare: null,
      blockedShare: null,
      longestBlockMs: null,
      answersPerSecond: null,
      sleptIn: {},
    });
  });

  it('refuses a window without a sample', () => {
    const samples = parseSamples(output(rows));
    expect(() => acceptQueueOf(samples, { fromUs: 10, toUs: 20 })).toThrow('no sample');
  });
});

it('counts answers over stretches of a fifth of a second', () => {
  const rows = Array.from({ length: 11 }, (_, at) => [at * 50_000, 0, 5, at <= 4 ? at * 10 : 40, 1, 1, -1]);
  const rates = ratesOver(parseSamples(output(rows)).queue!, whole);
  expect(rates).toEqual([
    { atUs: 0, perSecond: 200 },
    { atUs: 200_000, perSecond: 0 },
  ]);
});

it('gives mean and maximum of each state that occurred', () => {
  const states = {
    columns: ['atUs', 'established', 'synSent', 'timeWait', 'closing'],
    rows: [
      [0, 4, 0, 0, 0],
      [1, 8, 3, 0, 0],
    ],
  };
  const counters = {
    columns: ['atUs', 'inUse', 'timeWait'],
    rows: [
      [0, 9, 10],
      [1, 9, 30],
    ],
  };
  expect(statesOf(parseSamples(output([], { states, counters })), whole)).toEqual({
    established: { mean: 6, max: 8 },
    synSent: { mean: 1.5, max: 3 },
    timeWait: { mean: 20, max: 30 },
  });
});
