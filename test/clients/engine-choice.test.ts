import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGeneratorOutput } from '../../harness/core/generator-output.ts';
import { buildProbe } from '../support/build-probe.ts';
import { runGenerator } from '../support/generator.ts';
import { startScriptedServer, wholeResponse } from '../support/scripted-server.ts';

let directory = '';
let failCall = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'forkbench-engines-'));
  failCall = await buildProbe('test/support/fail-call.cc', directory);
});
afterAll(() => rm(directory, { recursive: true }));

const builds = ['release', 'asan'] as const;
const denied = (error: 'EPERM' | 'ENOSYS' | 'EINVAL' | 'ENOMEM'): string[] => [
  failCall,
  'io_uring_setup',
  String(constants.errno[error]),
];

const reasons = [
  [
    'EPERM',
    'io_uring is refused by a filter of system calls, as containers have; ' +
      'run outside the container, or with --security-opt seccomp=unconfined, or use --engine epoll',
  ],
  [
    'ENOSYS',
    "this kernel has no io_uring, or a container's filter of system calls hides it; " +
      'use Linux 6.13 or newer, or use --engine epoll; in a container: --security-opt seccomp=unconfined',
  ],
  ['EINVAL', "this kernel's io_uring is too old; use Linux 6.13 or newer, or use --engine epoll"],
  [
    'ENOMEM',
    'there is no memory for an io_uring, or not so much may be locked; ' +
      'raise it with `ulimit -l unlimited` as root, or use --engine epoll',
  ],
] as const;

describe.each(builds)('the engine: %s build', (build) => {
  const engineUsed = async (flags: string[], wrapper: string[] = []): Promise<string> => {
    const server = await startScriptedServer((socket) => void socket.end(wholeResponse()));
    const times = ['--warmup-ms', '0', '--duration-ms', '100', '--connections', '2'];
    const exit = await runGenerator(build, ['--port', String(server.port), ...times, ...flags], wrapper);
    expect(exit).toMatchObject({ exitCode: 0, stderr: '' });
    const { engine, total } = parseGeneratorOutput(exit.stdout);
    expect(total.succeeded).toBeGreaterThan(0);
    return engine;
  };

  it('is io_uring unless another is asked for', async () => {
    expect(await engineUsed([])).toBe('uring');
    expect(await engineUsed(['--engine', 'auto'])).toBe('uring');
    expect(await engineUsed(['--engine', 'epoll'])).toBe('epoll');
  });

  it.each(reasons)('is epoll where io_uring fails with %s', async (error) => {
    expect(await engineUsed([], denied(error))).toBe('epoll');
    expect(await engineUsed(['--engine', 'epoll'], denied(error))).toBe('epoll');
  });

  it.each(reasons)('is refused with reason and remedy when asked for in spite of %s', async (error, text) => {
    const load = await runGenerator(build, ['--engine', 'uring'], denied(error));
    expect(load).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: `shortconn: --engine uring: ${text}`,
    });
    const check = await runGenerator(build, ['--check-engine', 'uring'], denied(error));
    expect(check).toMatchObject({ exitCode: 1, stdout: '', stderr: `shortconn: ${text}` });
  });

  it.each(['uring', 'epoll', 'processes'])('can be checked without a load: %s', async (engine) => {
    const exit = await runGenerator(build, ['--check-engine', engine]);
    expect(exit).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });
});
