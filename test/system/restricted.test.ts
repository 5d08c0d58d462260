import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { manifestSchema, type Environment } from '../../harness/core/manifest.ts';
import { buildProbe } from '../support/build-probe.ts';
import {
  makeWorkplace,
  processesOf,
  readRecords,
  runDirectory,
  sessionIds,
  type Workplace,
} from '../support/harness.ts';
import { asOrdinaryUser, startRestricted } from '../support/restricted.ts';

let directory = '';
let forbid = '';
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'forkbench-restricted-'));
  await chmod(directory, 0o755);
  forbid = await buildProbe('test/support/forbid.cc', directory);
});
afterAll(() => rmSync(directory, { recursive: true }));

let workplace: Workplace;
beforeEach(() => void (workplace = makeWorkplace()));
afterEach(() => {
  expectNothingLeft();
  workplace.remove();
});

function expectNothingLeft(): void {
  expect(processesOf(workplace)).toEqual([]);
  expect(sessionIds(workplace)).toEqual([]);
}

const smoke = ['--scenario', 'smoke'];
/** Every part of it: both kinds of server and each tracer, at one concurrency. */
const smallSmoke = [
  ...smoke,
  ...['--variants', 'blocking-serial,epoll-prefork-1', '--concurrency', '5', '--duration', '300ms'],
];
const smallSmokeRecords = 5;

function environment(): Environment {
  const text = readFileSync(join(runDirectory(workplace), 'manifest.json'), 'utf8');
  return manifestSchema.parse(JSON.parse(text)).environment;
}

/** A run each. */
const options = { timeout: 200_000 };

describe('an ordinary user', options, () => {
  /** Some distributions keep ordinary users from it; then that must be named. */
  let mayHaveNamespaces = false;
  beforeAll(async () => {
    const [command, ...args] = asOrdinaryUser;
    const attempt = ['unshare', '--user', '--map-root-user', '--net', 'ip', 'link', 'set', 'lo', 'up'];
    const { exitCode } = await execa(command!, [...args, ...attempt], { reject: false });
    mayHaveNamespaces = exitCode === 0;
  });

  it('measures everything in namespaces as well', async () => {
    const result = await startRestricted(workplace, smallSmoke, { ordinary: true });
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    const { hostKind, root, tom, jerry, containment } = environment();
    const records = readRecords(workplace);
    expect(root).toBe(false);
    expect(records).toHaveLength(smallSmokeRecords);
    expect(records.every(({ status }) => status === 'ok')).toBe(true);
    if (!mayHaveNamespaces) {
      expect(hostKind).toBe('loopback');
      expect(result.stdout).toMatch(/"netns" could not be made .*kernel\.|user\..* To have them: sysctl -w/);
      return;
    }
    expect(hostKind).toBe('netns');
    expect(containment).not.toBe('groups');
    expect(records.every(({ kernel }) => kernel!.separate)).toBe(true);
    // Only root may load eBPF programs.
    for (const { tracer, unavailable } of records) {
      expect(unavailable.map(({ probe }) => probe)).toEqual(tracer === 'syscall-times' ? [tracer] : []);
    }
    expect(result.stdout).toMatch(
      /without the probe syscall-times: .*not permitted.*; to have it: run as root/,
    );
    for (const { cores, receiveCores } of [tom, jerry]) expect([null, cores]).toContainEqual(receiveCores);
    // Processes of the counter page are those that the CPU was watched of, though they may know other ids.
    for (const { server, cpu } of records) {
      const watched = cpu!.processes.map(({ pid }) => pid);
      expect(watched).toEqual(expect.arrayContaining(server!.processes.map(({ pid }) => pid)));
    }
    const traced = records.find(({ tracer }) => tracer === 'strace');
    const { rows } = traced!.syscalls!.find(({ role }) => role === 'parent')!;
    expect(rows.map((row) => row.syscall)).toContain('epoll_wait');
  });

  it('has room for 3000 connections', async () => {
    const args = [...smoke, '--variants', 'epoll-prefork-1', '--concurrency', '3000', '--duration', '1s'];
    const result = await startRestricted(workplace, args, { ordinary: true });
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    const [record] = readRecords(workplace);
    expect(record!.load!.total.connected).toBeGreaterThanOrEqual(3000);
  });

  it('measures on loopback', async () => {
    const args = [
      ...[...smoke, '--hosts', 'loopback', '--variants', 'epoll-prefork-2'],
      ...['--concurrency', '5', '--duration', '300ms'],
    ];
    const result = await startRestricted(workplace, args, { ordinary: true });
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    const records = readRecords(workplace);
    expect(records).toHaveLength(1);
    expect(records.every(({ status, unavailable }) => status === 'ok' && unavailable.length === 0)).toBe(
      true,
    );
  });
});

describe('in a container that forbids namespaces, mounts, tracing, eBPF and io_uring', options, () => {
  it.each([{ ordinary: false }, { ordinary: true }])('the run goes on with less: %j', async (who) => {
    const result = await startRestricted(workplace, smallSmoke, { ...who, under: [forbid] });
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    expect(result.stdout).toMatch(/"netns" could not be made .*filter on system calls.*seccomp=unconfined/);
    expect(result.stdout).toMatch(/without the probe strace: .*not permitted.*SYS_PTRACE/);
    expect(result.stdout).toMatch(/without the probe syscall-times: .*not permitted.*cap-add BPF/);
    if (who.ordinary) expect(result.stdout).toMatch(/contained in groups alone/);
    expect(environment()).toMatchObject({
      hostKind: 'loopback',
      hostNote: expect.stringContaining('filter on system calls') as string,
    });
    const report = readFileSync(join(workplace.out, 'reports', 'smoke.md'), 'utf8');
    expect(report).toContain('the load generator `epoll`');
    expect(report).toMatch(/The load "uring" cannot be used here \(.*so "epoll" took its place\./);
    const records = readRecords(workplace);
    expect(records).toHaveLength(smallSmokeRecords);
    expect(records.every(({ status, load }) => status === 'ok' && load!.window.succeeded > 0)).toBe(true);
    expect(new Set(records.map(({ cell }) => cell.load))).toEqual(new Set(['epoll']));
    expect(records.filter(({ unavailable }) => unavailable.length > 0).map(({ pass }) => pass)).toEqual([
      'traced',
      'traced',
      'traced',
    ]);
  });

  it('hosts that were insisted on are an error with a remedy', async () => {
    const result = await startRestricted(workplace, [...smoke, '--hosts', 'netns'], { under: [forbid] });
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(
      /--hosts netns: .*filter on system calls[\s\S]*remedy: start the container/,
    );
  });
});

describe('in a container whose /proc/sys is read-only', options, () => {
  /** $1: a directory for a file; $2: the congestion controls that this machine is to allow, whatever it really does. */
  const enterScript = `
    allowed=/proc/sys/net/ipv4/tcp_allowed_congestion_control
    mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys || exit 1
    echo "$2" > "$1/allowed" && mount --bind "$1/allowed" $allowed && mount -o remount,bind,ro $allowed || exit 1
    shift 2
    exec "$@"
  `;

  it.each([
    {
      what: 'is refused to the namespaces',
      allowed: 'reno cubic',
      note: /control could not be set to cubic/,
    },
    { what: 'cannot be allowed', allowed: 'reno', note: /cubic could not be allowed: EROFS/ },
  ])('the run goes on where a congestion control $what', async ({ allowed, note }) => {
    const enter = ['unshare', '--mount', 'sh', '-c', enterScript, 'sh', workplace.out, allowed];
    const few = ['--hosts', 'netns', '--variants', 'epoll-prefork-1', '--concurrency', '5'];
    const result = await startRestricted(workplace, [...smoke, ...few], { under: enter });
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    const { hostKind, hostNote } = environment();
    expect(hostKind).toBe('netns');
    // What the namespaces inherit need not be set.
    const inherited = readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
    if (inherited === 'cubic') expect(hostNote ?? '').not.toMatch(note);
    else expect(hostNote).toMatch(note);
    expect(readRecords(workplace).every(({ status }) => status === 'ok')).toBe(true);
  });
});

describe('without the programs that measuring uses', options, () => {
  const without = ['ip', 'taskset', 'strace', 'netstat', 'systemd-detect-virt'];

  it('each one is named with its remedy, and the run goes on', async () => {
    const result = await startRestricted(workplace, smallSmoke, { without });
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    expect(result.stdout).toMatch(/the command ip is missing.*apt-get install iproute2/);
    expect(result.stdout).toMatch(/taskset is missing.*apt-get install util-linux/);
    expect(result.stdout).toMatch(/strace is not installed.*apt-get install strace/);
    expect(result.stdout).toMatch(/netstat is not installed.*apt-get install net-tools/);
    const { hostKind, tom, jerry, hostNote } = environment();
    expect({ hostKind, tom: tom.cores, jerry: jerry.cores }).toEqual({
      hostKind: 'loopback',
      tom: [],
      jerry: [],
    });
    expect(hostNote).toMatch(/Nothing was pinned/);
    const records = readRecords(workplace);
    expect(records).toHaveLength(smallSmokeRecords);
    expect(records.every(({ status, kernel }) => status === 'ok' && kernel !== undefined)).toBe(true);
  });

  it('hosts that were insisted on are an error with a remedy', async () => {
    const result = await startRestricted(workplace, [...smoke, '--hosts', 'netns'], { without: ['nsenter'] });
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/the command nsenter is missing[\s\S]*remedy: apt-get install util-linux/);
  });
});
