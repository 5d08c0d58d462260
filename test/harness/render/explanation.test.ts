import { describe, expect, it } from 'vitest';
import { buildGrid } from '../../../harness/analysis/cells.ts';
import type { Samples } from '../../../harness/core/sampler-output.ts';
import { explanation, repeatCommand } from '../../../harness/render/explanation.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const place = 'results/single-core/a';
const none = { samples: null, names: [], problem: null };

function samples(lengths: readonly number[]): Samples {
  return {
    event: 'samples',
    schema: 1,
    intervalMs: 40,
    cpu: { userMs: 0, systemMs: 0 },
    counters: { columns: ['atUs'], rows: [] },
    queue: {
      columns: ['atUs', 'length', 'limit', 'answered', 'tasks', 'runnable', 'sleepsIn'],
      rows: lengths.map((length, at) => [at * 100_000, length, 5, at * 50, 1, 1, -1]),
    },
  };
}

describe('explanation', () => {
  const run = madeUpRun({
    scenario: { concurrencies: [5, 1000], traced: undefined },
    blocks: 2,
    noise: 0,
    adjust: (record) =>
      record.block === 2 && record.cell.concurrency === 5
        ? { ...record, status: 'failed', failure: { stage: 'ready', message: 'nobody listens' } }
        : record,
  });
  const grid = buildGrid(run, 'epoll');

  it('tells verdict, repeats, curves, counters, raw output and the command', () => {
    const cell = grid.at('blocking-serial', 1000)!;
    const traced = {
      samples: samples([0, 1, 5, 6, 3, 0]),
      names: ['load/stdout.txt', 'cpu/a', 'cpu/b'],
      problem: null,
    };
    const text = explanation(run, cell, [traced, none], place).join('\n');
    expect(text).toContain('blocking-serial at 1000 connections, load epoll');
    expect(text).toMatch(/^Verdict: [a-z-]+ \(/m);
    expect(text).toMatch(/^Evidence: .+\.$/m);
    expect(text).toContain('queue      | ▂▇█▅ |  at most 6, limit 5');
    expect(text).toContain('answers/s  |██|  500 to 500');
    expect(text).toMatch(/tom ListenOverflows +24,000/);
    expect(text).toContain(`${place}/raw/b1-blocking-serial-epoll-c1000.json.gz`);
    expect(text).toContain('with load/stdout.txt, cpu/* (2)');
    expect(text).toContain(
      'npx tsx harness/run.ts --scenario single-core --quick --variants blocking-serial --concurrency 1000 --load epoll --repeats 2',
    );
  });

  it('says of a repeat why it failed, and of raw output why it is not there', () => {
    const cell = grid.at('blocking-serial', 5)!;
    const gone = { ...none, problem: 'raw/x cannot be read' };
    const text = explanation(run, cell, [gone, none], place).join('\n');
    expect(text).toMatch(/^ +2 {2}failed \(ready\): nobody listens$/m);
    expect(text).toContain('Block 1: raw/x cannot be read');
  });
});

describe('repeatCommand', () => {
  const { manifest } = madeUpRun({ scenario: { concurrencies: [5], traced: undefined }, blocks: 3 });
  const cell = { variant: 'mine', load: 'epoll', concurrency: 5, factors: {} };

  it('keeps what shaped the run, and puts the cell in the place of its grid', () => {
    const command = [
      '--scenario=x',
      '--concurrency',
      '1,5',
      '--load=epoll',
      '--repeats',
      '9',
      '--server',
      'mine=./a b {port}',
    ];
    expect(repeatCommand({ ...manifest, command }, cell)).toBe(
      "npx tsx harness/run.ts --scenario=x --server 'mine=./a b {port}' --variants mine --concurrency 5 --load epoll",
    );
  });

  it('names the condition of a cell that has one', () => {
    const made = { ...cell, factors: { condition: 'backlog-0' } };
    expect(repeatCommand({ ...manifest, command: ['--scenario', 'verdicts'] }, made)).toContain(
      '--load epoll --condition backlog-0',
    );
  });
});
