import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { main } from '../../../harness/commands/compare-main.ts';
import type { Manifest } from '../../../harness/core/manifest.ts';
import { madeUpRun, type MadeUp } from '../../support/made-up-run.ts';
import { writeRun } from '../../support/write-run.ts';

let root = '';
let output: string[] = [];
let errors: string[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'forkbench-compare-'));
  output = [];
  errors = [];
  vi.spyOn(console, 'log').mockImplementation((text: string) => void output.push(text));
  vi.spyOn(console, 'error').mockImplementation((text: string) => void errors.push(text));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

const results = () => join(root, 'results');

async function addRun(name: string, options: MadeUp = {}): Promise<string> {
  const scenario = options.scenario?.name ?? 'single-core';
  const directory = join(results(), scenario, name);
  const small = { concurrencies: [5, 20], traced: undefined };
  await writeRun(
    directory,
    madeUpRun({ blocks: 5, ...options, scenario: { ...small, ...options.scenario } }),
  );
  return directory;
}

const slowPrefork: MadeUp = {
  behaviour: (variant) => ({ requestsPerSecond: variant === 'epoll-prefork-1' ? 500 : 1000 }),
};
const even: MadeUp = { behaviour: () => ({ requestsPerSecond: 1000 }) };

const compare = (...args: string[]) => main([...args, '--results', results()]);

it('prints Markdown, and closes the gate where a cell lost more than allowed for sure', async () => {
  const [a, b] = [await addRun('a', even), await addRun('b', slowPrefork)];
  expect(await compare(a, b, '--fail-if-slower', '5%')).toBe(1);
  const [text] = output as [string];
  expect(text).toMatch(/^## Three servers on one core: 2 cells slower\n/);
  expect(text).toMatch(
    /\*\*Gate closed\*\*: 2 cells lost more than 5 % for sure\.\n\n- epoll-prefork \(1 worker\) at 5 connections: 0\.\d\d times \(0\.\d\d–0\.\d\d\)/,
  );
  expect(text).toMatch(/Same machine, system and programs/);
  expect(text).toMatch(/\| epoll-prefork \(1 worker\) \| \*\*0\.\d\d\*\* ▼<br>/);
  // Nobody asked for a gate.
  expect(await compare(a, b)).toBe(0);
  expect(output[1]).not.toMatch(/Gate/);
  expect(await compare(b, a, '--fail-if-slower', '5%')).toBe(0);
  expect(output[2]).toMatch(/\*\*Gate open\*\*: .* a loss is sure from about \d+ % on/);
});

it('closes the gate where a server answers nobody any more, and where its cells have no figures', async () => {
  const a = await addRun('a', even);
  const silent = await addRun('silent', {
    behaviour: (variant) => ({ requestsPerSecond: variant === 'epoll-prefork-1' ? 0 : 1000 }),
  });
  const gone = await addRun('gone', {
    ...even,
    adjust: (record) => (record.cell.variant === 'epoll-prefork-1' ? null : record),
  });
  for (const b of [silent, gone]) {
    expect(await compare(a, b, '--fail-if-slower', '5%')).toBe(1);
    const text = output.at(-1)!;
    expect(text).toMatch(/^## Three servers on one core: 2 cells can no longer be measured\n/);
    expect(text).toMatch(/\*\*Gate closed\*\*: 2 cells can no longer be measured/);
    expect(text).toMatch(/- `epoll-prefork-1\/epoll\/c5`/);
    // The other way round nothing is lost.
    expect(await compare(b, a, '--fail-if-slower', '5%')).toBe(0);
  }
});

it('does not take a gate for open that no cell decides', async () => {
  const [a, b] = [
    await addRun('a', { ...even, blocks: 2 }),
    await addRun('b', { ...slowPrefork, blocks: 2 }),
  ];
  expect(await compare(a, b, '--fail-if-slower', '5%')).toBe(2);
  expect(output[0]).toMatch(/: nothing could be compared\n/);
  expect(errors.join('\n')).toMatch(/nothing to decide by: .*3 times or more.*remedy: .*--repeats 3/s);
  expect(await compare(a, b)).toBe(0);
});

it('prints JSON with every cell', async () => {
  const [a, b] = [await addRun('a', even), await addRun('b', slowPrefork)];
  expect(await compare(a, b, '--json', '--fail-if-slower', '5%')).toBe(1);
  const [pair] = JSON.parse(output[0]!) as {
    scenario: string;
    gate: { failIfSlower: number; open: boolean; deciding: number };
    cells: { id: string; regressed: boolean }[];
  }[];
  expect(pair!.scenario).toBe('single-core');
  expect(pair!.gate).toEqual({ failIfSlower: 0.05, open: false, deciding: 6 });
  expect(pair!.cells).toHaveLength(6);
  expect(pair!.cells.filter(({ regressed }) => regressed).map(({ id }) => id)).toEqual([
    'epoll-prefork-1/epoll/c5',
    'epoll-prefork-1/epoll/c20',
  ]);
});

const elsewhere = (change: Partial<Manifest['environment']>): MadeUp => ({
  ...even,
  adjustManifest: (manifest) => ({ ...manifest, environment: { ...manifest.environment, ...change } }),
});

it('refuses runs of different machines, but for who insists, and names what else differs', async () => {
  const a = await addRun('a', even);
  const b = await addRun('b', elsewhere({ cpuModel: 'Another CPU' }));
  expect(await compare(a, b)).toBe(2);
  expect(errors.join('\n')).toMatch(/different machines: CPU \(Made-up CPU, then Another CPU\)/);
  expect(errors.join('\n')).toMatch(/remedy: .*--anyway/);
  expect(await compare(a, b, '--anyway')).toBe(0);
  expect(output[0]).toMatch(/\*\*CPU \(Made-up CPU, then Another CPU\): another machine/);
  const longer: MadeUp = {
    ...even,
    adjustManifest: (manifest) => ({
      ...manifest,
      repeats: manifest.repeats.map((repeat) => ({ ...repeat, windowMs: 8000 })),
    }),
  };
  expect(await compare(a, await addRun('l', longer))).toBe(2);
  expect(errors.join('\n')).toMatch(/under different loads: windows in ms \(\[1000\], then \[8000\]\)/);
  const c = await addRun('c', elsewhere({ kernel: '6.99' }));
  expect(await compare(a, c)).toBe(0);
  expect(output[1]).toMatch(/- kernel \(6\.1\.0-made-up, then 6\.99\)/);
});

it('takes scenarios and git commits for their runs, and refuses what does not belong together', async () => {
  const head = (await execa('git', ['rev-parse', 'HEAD'])).stdout;
  const at = (commit: string): MadeUp => ({
    ...even,
    adjustManifest: (manifest) => ({ ...manifest, git: { commit, dirty: false } }),
  });
  const other = 'abcdef0123456789abcdef0123456789abcdef01';
  const first = await addRun('a', at(other));
  await addRun('b', at(head));
  expect(await compare(other.slice(0, 10), 'HEAD')).toBe(0);
  expect(output[0]).toMatch(/single-core\/b`.* over those of .*single-core\/a`/);
  expect(await compare(first, 'single-core')).toBe(0);

  await addRun('z', { ...even, scenario: { name: 'dual-core' } });
  for (const [names, problem] of [
    [['single-core', 'dual-core'], /is of scenario single-core, .* of dual-core/],
    [['single-core', 'HEAD'], /both names stand for/],
    [['nothing', 'single-core'], /"nothing" is no run, no scenario with a run in .*, and no git commit/],
    [['HEAD', '0000000'], /is no run, no scenario/],
  ] as const) {
    errors = [];
    expect(await compare(...names)).toBe(2);
    expect(errors.join('\n')).toMatch(problem);
    expect(errors.join('\n')).toMatch(/^remedy: /m);
  }
  errors = [];
  expect(await compare('single-core', 'HEAD', '--fail-if-slower', '5')).toBe(2);
});
