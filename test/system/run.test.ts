import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RepeatRecord } from '../../harness/core/record.ts';
import {
  commandOf,
  eventually,
  makeWorkplace,
  processesOf,
  readAllRecords,
  readRecords,
  runDirectory,
  startHarness,
  type Workplace,
} from '../support/harness.ts';

let workplace: Workplace;
beforeEach(() => void (workplace = makeWorkplace()));
afterEach(() => workplace.remove());

/** Client, server and kernel must have counted the same, but for what was in flight at the end. */
function expectSameCounts(record: RepeatRecord): void {
  const { load, server, kernel } = record;
  const answered = server!.processes.reduce((sum, process) => sum + process.answered, 0);
  const accepted = server!.processes.reduce((sum, process) => sum + process.accepted, 0);
  const inFlight = record.cell.concurrency;
  expect(Math.abs(load!.total.succeeded - answered), record.repeatId).toBeLessThanOrEqual(inFlight);
  expect(Math.abs(accepted - kernel!.tom.tcp['PassiveOpens']!), record.repeatId).toBeLessThanOrEqual(
    inFlight,
  );
  expect(load!.window.succeeded, record.repeatId).toBeGreaterThan(0);
}

/** Not every kernel has eBPF, nor does every root have the right to it. */
const hasAllProbes = ({ unavailable }: RepeatRecord): boolean =>
  unavailable.every(({ probe }) => probe === 'syscall-times');

describe('the smoke scenario', () => {
  it('measures every part: exit code 0, a record for each repeat, three counts that agree, raw output kept', async () => {
    const result = await startHarness(workplace, ['--scenario', 'smoke', '--seed', '7']);
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    const records = readRecords(workplace);
    expect(records).toHaveLength(9);
    const ceilings = readAllRecords(workplace).filter(({ pass }) => pass === 'ceiling');
    expect(ceilings.map(({ cell }) => [cell.variant, cell.concurrency])).toEqual(
      expect.arrayContaining([
        ['sink', 5],
        ['sink', 50],
      ]),
    );
    for (const ceiling of ceilings) expectSameCounts(ceiling);
    expect(records.every((record) => record.status === 'ok' && hasAllProbes(record))).toBe(true);
    for (const record of records) {
      expectSameCounts(record);
      // Fresh namespaces: nobody else's TIME_WAIT is there.
      expect(record.sockets!.tom.timeWait).toBeLessThanOrEqual(record.kernel!.tom.tcp['PassiveOpens']! + 1);
      expect(record.cpu!.cores.map((core) => core.hosts)).toEqual([['tom'], ['jerry']]);
      const raw = JSON.parse(
        gunzipSync(readFileSync(join(runDirectory(workplace), record.raw!))).toString(),
      ) as object;
      expect(Object.keys(raw)).toEqual(
        expect.arrayContaining(['tom/netstat-s.before.txt', 'tom/netstat-s.after.txt', 'load/stdout.txt']),
      );
    }

    const overflows = (variant: string, concurrency: number): number =>
      records.find((record) => record.cell.variant === variant && record.cell.concurrency === concurrency)!
        .kernel!.tom.tcpExt['ListenOverflows'] ?? 0;
    expect(overflows('blocking-serial', 5)).toBe(0);
    expect(overflows('blocking-serial', 50)).toBeGreaterThan(0);

    const traced = records.filter(({ pass }) => pass === 'traced');
    expect(traced.map(({ tracer }) => tracer).sort()).toEqual(['strace', 'strace-wall', 'syscall-times']);
    for (const { syscalls = [] } of traced) {
      const calls = (role: string): string[] =>
        syscalls.find((profile) => profile.role === role)!.rows.map(({ syscall }) => syscall);
      if (syscalls.length === 0) continue;
      expect(calls('parent')).toEqual(expect.arrayContaining(['sendto', 'epoll_wait']));
      expect(calls('worker')).toEqual(expect.arrayContaining(['accept4', 'recvfrom', 'writev', 'close']));
    }

    // The report and the tables are part of the run.
    expect(existsSync(join(workplace.out, 'reports', 'smoke.md'))).toBe(true);
    expect(readdirSync(runDirectory(workplace))).toEqual(
      expect.arrayContaining(['cells.csv', 'repeats.csv', 'syscalls.csv', 'syscall-times.csv']),
    );
    expect(result.stdout).toContain('reports/smoke.md');
  });

  it('runs on loopback too, and its report names the fallback', async () => {
    const result = await startHarness(workplace, [
      '--scenario',
      'smoke',
      '--hosts',
      'loopback',
      '--variants',
      'epoll-prefork-2',
      ...['--concurrency', '5', '--duration', '300ms'],
    ]);
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    const records = readRecords(workplace);
    expect(records).toHaveLength(1);
    expect(records.every((record) => !record.kernel!.separate)).toBe(true);
    expect(readFileSync(join(workplace.out, 'reports', 'smoke.md'), 'utf8')).toMatch(/loopback/);
  });

  it.each(['processes', 'autocannon', 'wrk', 'ab', 'h2load'])(
    'takes --load %s, whose counts agree as well',
    async (load) => {
      const args = [
        '--scenario',
        'smoke',
        '--load',
        load,
        '--variants',
        'blocking-serial',
        '--concurrency',
        '3',
        '--json',
      ];
      const result = await startHarness(workplace, args);
      expect(result.exitCode, `${String(result.stdout)}\n${String(result.stderr)}`).toBe(0);
      const [record] = readRecords(workplace);
      expectSameCounts(record!);
      expect(record!.load!.cpu!.userMs + record!.load!.cpu!.systemMs).toBeGreaterThan(0);
      expect((JSON.parse(String(result.stdout)) as { records: unknown[] }).records).toHaveLength(2);
    },
  );

  it('measures with webbench where it is installed', async (context) => {
    const { which } = await import('../../harness/effects/which.ts');
    if ((await which('webbench')) === null) context.skip('webbench is not installed: no registry has it');
    const args = [
      '--scenario',
      'smoke',
      '--load',
      'webbench',
      '--variants',
      'blocking-serial',
      '--concurrency',
      '3',
    ];
    const result = await startHarness(workplace, args);
    expect(result.exitCode).toBe(0);
    expect(readRecords(workplace)[0]!.load!.window.succeeded).toBeGreaterThan(0);
  });
});

describe('a failed cell is a result', () => {
  const scenarioFile = (variant: object): string => {
    const path = join(workplace.out, 'failing.ts');
    mkdirSync(workplace.out, { recursive: true });
    const plan = { blocks: 1, windows: [{ fromConcurrency: 1, warmupMs: 0, windowMs: 300 }] };
    const scenario = {
      name: 'failing',
      title: 'A server that fails',
      question: 'What does the harness do?',
      variants: [variant, { id: 'good', label: 'good', plugin: 'blocking-serial' }],
      baseline: 'good',
      concurrencies: [2],
      hosts: { tomCores: 1 },
      plans: { full: plan, quick: plan },
    };
    writeFileSync(path, `export default ${JSON.stringify(scenario)};\n`);
    return path;
  };

  it('keeps its record with stage and reason, measures the others, names it and exits with 1', async () => {
    const file = scenarioFile({
      id: 'bad',
      label: 'bad',
      plugin: 'blocking-serial',
      params: { 'response-bytes': 3 },
    });
    const result = await startHarness(workplace, ['--scenario', file]);
    expect(result.exitCode).toBe(1);
    const records = readRecords(workplace);
    const bad = records.find((record) => record.cell.variant === 'bad')!;
    expect(bad).toMatchObject({ status: 'failed', failure: { stage: 'server-start' } });
    expect(bad.failure!.message).toMatch(/response-bytes/);
    expect(records.find((record) => record.cell.variant === 'good')!.status).toBe('ok');
    expect(result.stdout).toMatch(/1 of 3 repeats failed:\n\s+bad\/uring\/c2/);
    expect(readFileSync(join(workplace.out, 'reports', 'failing.md'), 'utf8')).toMatch(/response-bytes/);
  });

  it('tells a server that dies under load from one that never started', async () => {
    const running = startHarness(workplace, [
      ...['--scenario', 'smoke', '--variants', 'blocking-serial', '--concurrency', '5', '--duration', '3s'],
    ]);
    const started = (flag: string): number | undefined =>
      processesOf(workplace).find((pid) => pid !== running.pid && commandOf(pid).includes(flag));
    await eventually('a load that runs', () => started('--engine'));
    process.kill(started('--counters')!, 'SIGKILL');
    const result = await running;
    expect(result.exitCode).toBe(1);
    const [first, ...others] = readAllRecords(workplace);
    expect(first).toMatchObject({ status: 'failed', failure: { stage: 'load' } });
    expect(first!.failure!.message).toMatch(/the server ended while the load ran: it was ended by SIGKILL/);
    expect(others.every(({ status }) => status === 'ok')).toBe(true);
  });

  it('refuses a parameter that the program does not have before anything is measured', async () => {
    const file = scenarioFile({
      id: 'bad',
      label: 'bad',
      plugin: 'blocking-serial',
      params: { colour: 'red' },
    });
    const result = await startHarness(workplace, ['--scenario', file]);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/variant bad: blocking-serial has no parameter "colour"/);
    expect(existsSync(join(workplace.out, 'results'))).toBe(false);
  });
});
