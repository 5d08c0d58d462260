import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGrid, type Grid } from '../../harness/analysis/cells.ts';
import { readRun, type StoredRun } from '../../harness/effects/results.ts';
import { makeWorkplace, runDirectory, startHarness, type Workplace } from '../support/harness.ts';

/** Cells with a known cause that does not depend on how busy this machine is with other things. */
const scenario = `
import { defineScenario } from '${pathToFileURL(join(process.cwd(), 'harness/core/scenario.ts')).href}';
const plan = { blocks: 1, windows: [{ fromConcurrency: 1, warmupMs: 300, windowMs: 1200 }], drainMs: 200 };
export default defineScenario({
  name: 'causes',
  title: 'Known causes',
  question: 'Are they found?',
  variants: [
    { id: 'serial', label: 'serial', plugin: 'blocking-serial', params: { backlog: 1024 } },
    { id: 'faulty', label: 'faulty', plugin: 'faulty', params: { fault: 'status', share: 0.5 } },
  ],
  baseline: 'serial',
  concurrencies: [5, 200],
  conditions: [
    { id: 'plain', label: 'plain', variants: ['serial'], concurrencies: [5] },
    { id: 'short', label: 'short', variants: ['serial'], concurrencies: [200], variantParams: { backlog: 0 } },
    {
      id: 'stall', label: 'stall', variants: ['serial'], concurrencies: [5],
      disturbances: [{ plugin: 'stalling-client', params: { everyMs: 100, holdMs: 400 } }],
    },
    {
      id: 'ports', label: 'ports', variants: ['serial'], concurrencies: [200],
      jerrySysctls: {
        'net.ipv4.ip_local_port_range': '40000 40499', 'net.ipv4.ip_local_reserved_ports': '40050-40499',
      },
    },
    { id: 'wrong', label: 'wrong', variants: ['faulty'], concurrencies: [5] },
  ],
  ceiling: false,
  hosts: { tomCores: 1 },
  plans: { full: plan, quick: plan },
});
`;

let workplace: Workplace;
let run: StoredRun;
let grid: Grid;
beforeAll(async () => {
  workplace = makeWorkplace();
  const file = join(workplace.out, 'causes.ts');
  writeFileSync(file, scenario);
  const { exitCode, stdout, stderr } = await startHarness(workplace, ['--scenario', file]);
  if (exitCode !== 0) throw new Error(`the run ended with ${exitCode}: ${stdout}\n${stderr}`);
  run = await readRun(runDirectory(workplace));
  grid = buildGrid(run, 'uring');
  // Where io_uring is not to be had another load took its place.
  if (grid.cells.length === 0) grid = buildGrid(run, 'epoll');
});
afterAll(() => workplace.remove());

const found = (condition: string, server = 'serial'): string[] => {
  const cell = grid.cells.find(({ series }) => series.id === `${server}/condition=${condition}`)!;
  return [cell.verdict.primary, ...cell.verdict.secondary];
};

describe('a verdict', () => {
  it.each([
    ['short', 'queue-bound', 'serial'],
    ['stall', 'blocked', 'serial'],
    ['ports', 'port-bound', 'serial'],
    ['wrong', 'invalid', 'faulty'],
  ])('of a cell made so (%s) names its cause', (condition, cause, server) => {
    expect(found(condition, server)).toContain(cause);
  });

  it('of a cell to which nothing was done names none of these', () => {
    for (const cause of ['queue-bound', 'blocked', 'port-bound', 'link-bound', 'invalid']) {
      expect(found('plain')).not.toContain(cause);
    }
  });

  it('rests on what the server slept in while others waited', () => {
    const stalled = grid.cells.find(({ series }) => series.id === 'serial/condition=stall')!;
    const queue = run.records.find(
      ({ repeatId }) => repeatId === stalled.repeats[0]!.record.repeatId,
    )!.acceptQueue!;
    expect(queue.limit).toBe(1024);
    expect(queue.sleptIn['recvfrom']).toBeGreaterThan(0);
    expect(queue.longestBlockMs).toBeGreaterThanOrEqual(100);
  });
});

describe('harness/explain.ts', () => {
  const explain = (...args: string[]) =>
    execa(process.execPath, ['--import', 'tsx', 'harness/explain.ts', ...args], { reject: false });

  it('tells all of a cell, and lists the cells of a run', async () => {
    const directory = runDirectory(workplace);
    const list = await explain(directory);
    expect(list.exitCode).toBe(0);
    const name = /^\S*\/c200\/condition=short/m.exec(list.stdout)![0];
    const { stdout, exitCode } = await explain(directory, name);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Verdict: /m);
    expect(stdout).toMatch(/queue +\|.+\| {2}at most \d+, limit 0/);
    expect(stdout).toContain('ListenOverflows');
    expect(stdout).toMatch(/^ {2}npx tsx harness\/run\.ts .*--condition short/m);
  });

  it.each([
    [['results/none/there'], 'does not exist'],
    [['no-such-scenario'], 'there is no run of "no-such-scenario"'],
  ])('refuses %j with a remedy and exit code 2', async (args, problem) => {
    const { exitCode, stderr } = await explain(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(problem);
    expect(stderr).toContain('remedy: ');
  });

  it('names the cells that there are where the one asked for is none of them', async () => {
    const { exitCode, stderr } = await explain(runDirectory(workplace), 'serial/uring/c6');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('c5/condition=plain');
  });
});
