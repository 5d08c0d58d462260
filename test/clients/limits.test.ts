import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseGeneratorOutput } from '../../harness/core/generator-output.ts';
import { engines, generatorPath, loadFlags, runGenerator } from '../support/generator.ts';
import { wholeResponse } from '../support/scripted-server.ts';
import { freePort, startServer } from '../support/server-process.ts';

const wanted = ['--connections', '200', '--warmup-ms', '0', '--duration-ms', '100'];
const processes = [...wanted, '--engine', 'processes'];

/** Runs the script as root of namespaces of its own, then the generator there. */
const inNamespaces = (unshareFlags: string, script: string): string[] => [
  ...['unshare', process.getuid?.() === 0 ? unshareFlags : `--map-root-user ${unshareFlags}`].flatMap(
    (words) => words.split(' '),
  ),
  ...['sh', '-ec', `${script}; exec "$@"`, 'sh'],
];

async function refusal(flags: string[], wrapper: string[], program?: string): Promise<string> {
  const exit = await runGenerator('release', flags, wrapper, program);
  expect(exit).toMatchObject({ exitCode: 2, stdout: '' });
  return exit.stderr;
}

describe('limits that stand in the way are named with their remedy:', () => {
  it('open files', async () => {
    expect(await refusal([...wanted, '--engine', 'epoll'], ['prlimit', '--nofile=100:150'])).toBe(
      'shortconn: --connections 200: needs 216 open files, the hard limit is 150; ' +
        'raise it with `ulimit -n 216` as root, or give fewer connections',
    );
  });

  it('open files, to which the table of direct descriptors is held too', async () => {
    expect(await refusal([...wanted, '--engine', 'uring'], ['prlimit', '--nofile=100:150'])).toBe(
      'shortconn: --connections 200: needs 200 open files, the hard limit is 150; ' +
        'raise it with `ulimit -n 200` as root, or give fewer connections',
    );
  });

  it.each(['uring', 'epoll'] as const)('but a soft limit of open files is raised: %s', async (engine) => {
    const server = await startServer({ program: 'epoll-prefork', build: 'release' }, ['--backlog', '4096']);
    const flags = loadFlags({ engine, port: server.port }, { connections: 200 });
    const exit = await runGenerator('release', flags, ['prlimit', '--nofile=50:1000']);
    expect(exit).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.each([
    ['uring', 400],
    ['epoll', 200],
    ['processes', 200],
  ])('local ports: %s', async (engine, needed) => {
    const narrow = inNamespaces('--net', 'echo 40000 40099 > /proc/sys/net/ipv4/ip_local_port_range');
    expect(await refusal([...wanted, '--engine', engine], narrow)).toBe(
      `shortconn: --connections 200: needs ${needed} local ports, the range 40000-40099 has 100; ` +
        'widen it with `sysctl -w net.ipv4.ip_local_port_range="1024 65535"`, or give fewer connections',
    );
  });

  it('processes of a user', async () => {
    // Root is not held to it, so another user runs it, who must be able to read the program.
    const directory = await mkdtemp(path.join(tmpdir(), 'forkbench-limits-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const program = path.join(directory, 'shortconn');
    await copyFile(generatorPath('release'), program);
    await chmod(directory, 0o755);
    const ordinaryUser = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--clear-groups'] : [];
    expect(await refusal(processes, ['prlimit', '--nproc=100', ...ordinaryUser], program)).toMatch(
      /^shortconn: --connections 200: needs as many processes beside \d+ that run, the user's limit \(ulimit -u\) is 100; raise it with `ulimit -u \d+` as root, or give fewer connections$/,
    );
  });

  it('processes of a cgroup', async () => {
    // Both versions of cgroups look alike here: a file with the limit and one with the count.
    const faked = inNamespaces(
      '--mount',
      'mount -t tmpfs none /sys/fs/cgroup; mkdir /sys/fs/cgroup/pids; touch /sys/fs/cgroup/cgroup.controllers; ' +
        'for group in /sys/fs/cgroup /sys/fs/cgroup/pids; do echo 120 > $group/pids.max; echo 7 > $group/pids.current; done',
    );
    expect(await refusal(processes, faked)).toMatch(
      /^shortconn: --connections 200: needs as many processes beside 7 that run, \/sys\/fs\/cgroup(\/pids)?\/pids.max is 120; raise it with `echo 207 > \/sys\/fs\/cgroup(\/pids)?\/pids.max` as root, or give fewer connections$/,
    );
  });

  it.each(['uring', 'epoll'] as const)('and the %s engine needs no processes', async (engine) => {
    const faked = inNamespaces(
      '--mount',
      'mount -t tmpfs none /sys/fs/cgroup; mkdir /sys/fs/cgroup/pids; touch /sys/fs/cgroup/cgroup.controllers; ' +
        'for group in /sys/fs/cgroup /sys/fs/cgroup/pids; do echo 20 > $group/pids.max; echo 7 > $group/pids.current; done',
    );
    const flags = loadFlags({ engine, port: await freePort() }, { connections: 50 });
    expect(await runGenerator('release', flags, faked)).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('ports that run out during the run', () => {
  // All but two ports of the range are taken by listeners; a preflight can't know that.
  const script = `
    const { execFileSync, spawn } = require('node:child_process');
    const { writeFileSync } = require('node:fs');
    const net = require('node:net');
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', '40000 40009');
    for (let port = 40000; port < 40008; port += 1) net.createServer().listen(port);
    net.createServer((socket) => socket.on('data', () => socket.end(${JSON.stringify(wholeResponse())})))
      .listen(39999, '127.0.0.1', () => {
        const [program, ...flags] = process.argv.slice(1);
        spawn(program, flags, { stdio: 'inherit' }).on('exit', (code) => process.exit(code));
      });`;

  it.each(engines)('are counted, and the others go on: %s', async (engine) => {
    const flags = loadFlags({ engine, port: 39_999 }, { connections: 5 });
    const exit = await runGenerator('asan', flags, [
      'unshare',
      '--net',
      process.execPath,
      '-e',
      script,
      '--',
    ]);
    expect(exit).toMatchObject({ exitCode: 0, stderr: '' });
    const { total, window } = parseGeneratorOutput(exit.stdout);
    expect(Object.keys(total.failed)).toEqual(['noLocalPort']);
    expect(total.succeeded).toBeGreaterThan(0);
    // Three connections, a pause of 10 ms after each failure.
    expect(window.failed.noLocalPort).toBeLessThan(5 * 25);
  });
});
