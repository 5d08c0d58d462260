import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifestSchema, type Manifest } from '../../harness/core/manifest.ts';
import type { RepeatRecord } from '../../harness/core/record.ts';
import {
  makeWorkplace,
  processesOf,
  readRecords,
  runDirectory,
  startHarness,
  type Workplace,
} from '../support/harness.ts';

let workplace: Workplace;
beforeEach(() => void (workplace = makeWorkplace()));
afterEach(() => workplace.remove());

const program = 'test/support/my-server.mjs';
const short = ['--scenario', 'smoke', '--concurrency', '2', '--duration', '300ms'];
const server = (id: string, manner = 'plain'): string[] => [
  '--server',
  `${id}=node ${program} {port} {address} ${manner}`,
];

const readManifest = (): Manifest =>
  manifestSchema.parse(JSON.parse(readFileSync(join(runDirectory(workplace), 'manifest.json'), 'utf8')));
const readReport = (name: string): string =>
  readFileSync(join(workplace.out, 'reports', `${name}.md`), 'utf8');

function rawOf(record: RepeatRecord): Record<string, string> {
  const text = gunzipSync(readFileSync(join(runDirectory(workplace), record.raw!))).toString();
  return JSON.parse(text) as Record<string, string>;
}

/** Where a server does not count, client and kernel remain. */
function expectClientAgreesWithKernel(record: RepeatRecord): void {
  const { total, window } = record.load!;
  const opened = record.kernel!.tom.tcp['PassiveOpens']!;
  expect(window.succeeded, record.repeatId).toBeGreaterThan(0);
  expect(total.failed, record.repeatId).toEqual({});
  expect(opened, record.repeatId).toBeGreaterThanOrEqual(total.succeeded);
  expect(opened, record.repeatId).toBeLessThanOrEqual(total.succeeded + record.cell.concurrency);
}

describe('--server', () => {
  it('measures a server of the user beside those of the scenario, and says what could not be checked', async () => {
    const args = [...short, ...server('mine'), '--variants', 'mine,blocking-serial'];
    const result = await startHarness(workplace, args);
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);

    const records = readRecords(workplace);
    expect(records.map(({ cell }) => cell.variant).sort()).toEqual(['blocking-serial', 'mine']);
    const mine = records.find((record) => record.cell.variant === 'mine')!;
    expect(mine).toMatchObject({ status: 'ok', unavailable: [] });
    expect(mine.server).toBeUndefined();
    expectClientAgreesWithKernel(mine);
    expect(mine.cpu!.processes.some(({ host, role }) => host === 'tom' && role === 'main')).toBe(true);

    const { scenario, programs } = readManifest();
    expect(scenario.variants[0]).toMatchObject({ id: 'mine', plugin: 'command' });
    expect(Object.keys(programs)).toEqual(
      expect.arrayContaining(['mine: node', `mine: ${program}`, 'blocking-serial', 'shortconn']),
    );

    const report = readReport('smoke');
    const notChecked = 'not checked for mine: the server keeps no counters';
    expect(report.split(notChecked)).toHaveLength(4);
    expect(report).toMatch(/Kernel opened as many connections .* received answers.*\| 1 of 1 repeat \|/);
    expect(report).toContain(
      `npx tsx harness/run.ts ${short.join(' ')} --server 'mine=node ${program} {port} {address} plain'`,
    );
  });

  it('lets a program of ours count by {counters}, and set a variable by env', async () => {
    const own = 'build/release/bin/blocking-serial --host {address} --port {port} --counters {counters}';
    const args = [...short, '--server', `mine=env LANG=C ${own}`, '--variants', 'mine'];
    const result = await startHarness(workplace, args);
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    const [record] = readRecords(workplace);
    expect(record!.server!.processes[0]!.answered).toBeGreaterThanOrEqual(record!.load!.total.succeeded);
    expect(readReport('smoke')).not.toContain('keeps no counters');
  });

  it('runs the command without a shell, from where the user is, with a relative path', async () => {
    mkdirSync(join(workplace.out, 'a place'));
    const script = join(workplace.out, 'a place', 'start me');
    writeFileSync(script, `#!/bin/sh\necho "$3" >&2\nexec node ${resolve(program)} "$1" "$2"\n`);
    chmodSync(script, 0o755);
    const command = `mine='./a place/start me' {port} {address} '$(touch pwned); >pwned'`;
    const result = await startHarness(workplace, [...short, '--server', command, '--variants', 'mine'], {
      cwd: workplace.out,
    });
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    expect(rawOf(readRecords(workplace)[0]!)['tom/server-stderr.txt']).toBe('$(touch pwned); >pwned\n');
  });
});

describe('odd servers', () => {
  const manners = ['without-length', 'prints-a-lot', 'forks', 'ignores-sigterm'];

  it.each([manners])('measures those that answer: %s, %s, %s, %s', async (...names) => {
    const servers = names.flatMap((name) => server(name, name));
    const result = await startHarness(workplace, [...short, ...servers, '--variants', names.join(',')]);
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    const records = readRecords(workplace);
    expect(records).toHaveLength(names.length);
    for (const record of records) expectClientAgreesWithKernel(record);
    const of = (name: string) => records.find((record) => record.cell.variant === name)!;
    expect(of('forks').cpu!.processes.filter(({ role }) => role === 'child')).toHaveLength(2);
    expect(rawOf(of('prints-a-lot'))['tom/server-stdout.txt']).toMatch(/characters left out/);
    expect(processesOf(workplace)).toEqual([]);
  });

  it('says of the others what is wrong with them', async () => {
    const names = ['only-local', 'never-closes', 'exits', 'daemonizes'];
    const servers = names.flatMap((name) => server(name, name));
    const result = await startHarness(workplace, [...short, ...servers, '--variants', names.join(',')]);
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(1);
    const failures = Object.fromEntries(
      readRecords(workplace).map((record) => [record.cell.variant, record.failure!]),
    );
    expect(failures['only-local']).toMatchObject({ stage: 'ready' });
    expect(failures['only-local']!.message).toMatch(
      /it listens on 127\.0\.0\.1, where Jerry cannot reach it: have it listen on \{address\} \(here 192\.168\.56\.2\) or on 0\.0\.0\.0/,
    );
    expect(failures['never-closes']).toMatchObject({ stage: 'ready' });
    expect(failures['never-closes']!.message).toMatch(/must close the connection after its response/);
    expect(failures['exits']).toMatchObject({ stage: 'server-start' });
    expect(failures['exits']!.message).toMatch(/exit code 3: the database is not there$/);
    // It may have answered before its parent was seen to end.
    expect(failures['daemonizes']!.message).toMatch(/exit code 0; a server must stay in the foreground/);
    expect(processesOf(workplace)).toEqual([]);
  });
});

describe('before anything is measured', () => {
  it.each([
    ['mine=./no-such-server {port}', /no-such-server does not exist/],
    ['mine=no-such-server {port}', /there is no program no-such-server on PATH/],
    ['mine=./test {port}', /test is not a file/],
    ['mine=./README.md {port}', /README\.md is not executable[\s\S]*chmod \+x/],
    ['mine=node server.mjs', /does not say on which port[\s\S]*put \{port\}/],
    ['mine=node server.mjs {port} > log', /">" is for a shell[\s\S]*put the command into a script/],
    ['blocking-serial=node server.mjs {port}', /there is a variant "blocking-serial" already/],
    ['Mine=node server.mjs {port}', /--server[\s\S]*lower-case letters/],
    ['node server.mjs {port}', /--server[\s\S]*mine=\.\/my-server --port \{port\}/],
  ])('refuses --server %j', async (text, message) => {
    const result = await startHarness(workplace, ['--scenario', 'smoke', '--server', text]);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });
});

/** A scenario file whose first variant may be missing. */
function scenarioWith(variant: object): string {
  const path = join(workplace.out, 'some.ts');
  const plan = { blocks: 1, windows: [{ fromConcurrency: 1, warmupMs: 0, windowMs: 300 }] };
  const scenario = {
    name: 'some',
    title: 'Some servers',
    question: 'Which of them are there?',
    variants: [variant, { id: 'good', label: 'good', plugin: 'blocking-serial' }],
    baseline: (variant as { id: string }).id,
    concurrencies: [2],
    hosts: { tomCores: 1 },
    plans: { full: plan, quick: plan },
  };
  writeFileSync(path, `export default ${JSON.stringify(scenario)};\n`);
  return path;
}

describe('an optional server that is not installed', () => {
  const absent = {
    id: 'absent',
    label: 'the absent one',
    plugin: 'command',
    params: { command: './absent {port}' },
    optional: true,
  };

  it('is left out and named', async () => {
    const result = await startHarness(workplace, ['--scenario', scenarioWith(absent)]);
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    expect(result.stdout).toMatch(/note: without absent: .*absent does not exist/);
    expect(readRecords(workplace).map((record) => record.cell.variant)).toEqual(['good']);
    expect(readManifest().scenario.baseline).toBe('good');
    expect(readReport('some')).toMatch(/Left out on this machine: the absent one \(.*does not exist\)/);
  });

  it('is an error where it was asked for, and where it is not optional', async () => {
    const asked = await startHarness(workplace, ['--scenario', scenarioWith(absent), '--variants', 'absent']);
    expect(asked.exitCode).toBe(2);
    expect(asked.stderr).toMatch(/absent: .*absent does not exist/);
    const needed = await startHarness(workplace, [
      '--scenario',
      scenarioWith({ ...absent, optional: false }),
    ]);
    expect(needed.exitCode).toBe(2);
  });
});

describe('nginx', () => {
  it.each([
    ['netns', ['nginx-1', 'nginx-2']],
    ['loopback', ['nginx-1']],
  ])('is measured on %s: %j', async (hosts, variants) => {
    const args = ['--scenario', 'reference', '--variants', variants.join(','), '--hosts', hosts];
    const grid = ['--concurrency', '10', '--repeats', '1', '--duration', '300ms'];
    const result = await startHarness(workplace, [...args, ...grid]);
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    const records = readRecords(workplace);
    // One of each is timed; of the first one each of three tracers has a pass of its own.
    expect(records).toHaveLength(variants.length + 3);
    for (const record of records) {
      const { window, total } = record.load!;
      expect(total.failed).toEqual({});
      expect(window.bytes).toBe(137 * window.succeeded);
      if (hosts === 'netns') expectClientAgreesWithKernel(record);
      const workers = record.cpu!.processes.filter(({ role }) => role === 'child');
      expect(workers).toHaveLength(record.cell.variant === 'nginx-1' ? 1 : 2);
      if (record.syscalls === undefined) continue;
      // It keeps no counters, yet its master is told from its workers, and makes no call while they serve.
      expect(record.syscalls.map(({ role, rows }) => [role, rows.length > 0])).toEqual([
        ['parent', false],
        ['worker', true],
      ]);
    }
    const { programs, versions } = readManifest();
    expect(programs['nginx']).toMatch(/^[0-9a-f]{64}$/);
    expect(versions['nginx']).toMatch(/nginx\/\d/);
    expect(processesOf(workplace)).toEqual([]);
  });

  it('has as long a queue and as large a response as the scenario says', async () => {
    const params = { workers: 1, backlog: 5, 'response-bytes': 1000 };
    const file = scenarioWith({ id: 'small', label: 'small', plugin: 'nginx', params });
    const result = await startHarness(workplace, [
      ...['--scenario', file, '--variants', 'small'],
      ...['--concurrency', '100', '--duration', '1s'],
    ]);
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    const [record] = readRecords(workplace);
    expect(record!.load!.window.bytes).toBe(1000 * record!.load!.window.succeeded);
    expect(record!.kernel!.tom.tcpExt['ListenOverflows']).toBeGreaterThan(0);
  });
});

it('a file of ten lines makes a variant, as the README of variants says', async () => {
  const [, code] = /```ts\n(import type \{ Variant \}[^]*?)```/.exec(
    readFileSync('harness/plugins/variants/README.md', 'utf8'),
  )!;
  expect(code!.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  const clone = join(workplace.out, 'clone');
  for (const directory of ['harness', 'scenarios', 'clients', 'package.json']) {
    cpSync(directory, join(clone, directory), { recursive: true });
  }
  for (const directory of ['node_modules', 'build']) symlinkSync(resolve(directory), join(clone, directory));
  writeFileSync(join(clone, 'harness/plugins/variants/my-server.ts'), code!);
  const own = { id: 'mine', label: 'mine', plugin: 'my-server', params: { threads: 3 } };
  const script = join(clone, 'my-server');
  writeFileSync(script, `#!/bin/sh\necho "$5 $6" >&2\nexec node ${resolve(program)} "$2" "$4"\n`);
  chmodSync(script, 0o755);
  const result = await startHarness(workplace, ['--scenario', scenarioWith(own)], { cwd: clone }, clone);
  expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
  const mine = readRecords(workplace).find((record) => record.cell.variant === 'mine')!;
  expectClientAgreesWithKernel(mine);
  expect(rawOf(mine)['tom/server-stderr.txt']).toBe('--threads 3\n');
});
