import { networkInterfaces, tmpdir } from 'node:os';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { exchange, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import {
  describeServers,
  freePort,
  programPath,
  startServer,
  type Program,
  type ServerExit,
} from '../support/server-process.ts';
import { isListening } from '../support/proc.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Arguments, and what the one line on stderr must name. */
const refused: [string[], string[]][] = [
  [
    ['--port', '0'],
    ['--port 0', '1 to 65535'],
  ],
  [
    ['--port', '65536'],
    ['--port 65536', '1 to 65535'],
  ],
  [
    ['--port', '-1'],
    ['--port -1', '1 to 65535'],
  ],
  [
    ['--port', '80x'],
    ['--port 80x', 'not a whole number'],
  ],
  [
    ['--port', '1e3'],
    ['--port 1e3', 'not a whole number'],
  ],
  [
    ['--port', ''],
    ["--port ''", 'not a whole number'],
  ],
  [['--port'], ['--port', '--help']],
  [
    ['--port', '1', '--port', '2'],
    ['--port', '--help'],
  ],
  [
    ['--host', 'localhost'],
    ['--host localhost', '127.0.0.1'],
  ],
  [
    ['--host', '300.1.1.1'],
    ['--host 300.1.1.1', '127.0.0.1'],
  ],
  [
    ['--backlog', '-1'],
    ['--backlog -1', '0 to'],
  ],
  [
    ['--response-bytes', '56'],
    ['--response-bytes 56', 'from 57'],
  ],
  [
    ['--response-bytes', '99999999999999999999'],
    ['--response-bytes 99999999999999999999', 'from 57'],
  ],
  [
    ['--work-us', '0.5'],
    ['--work-us 0.5', 'whole number'],
  ],
  [
    ['--defer-accept', '-1'],
    ['--defer-accept -1', '0 to'],
  ],
  [
    ['--recv-timeout-ms', '-5'],
    ['--recv-timeout-ms -5', '0 to'],
  ],
  [
    ['--counters', ''],
    ['--counters', 'name a file'],
  ],
  [['--unknown'], ['--unknown', '--help']],
  [['--recv-timeout'], ['--recv-timeout', '--help']],
  [['127.0.0.1'], ['127.0.0.1', 'PORT']],
  [
    ['tom', '80'],
    ['IP tom', '127.0.0.1'],
  ],
  [
    ['127.0.0.1', 'http'],
    ['PORT http', '1 to 65535'],
  ],
  [
    ['127.0.0.1', '80', '90'],
    ['90', '--help'],
  ],
  [
    ['127.0.0.1', '80', '--port', '90'],
    ['IP PORT', '--port', 'one of the two'],
  ],
];

const loops: typeof refused = [
  [
    ['--accept-batch', '0'],
    ['--accept-batch 0', '1 to'],
  ],
];
const selfAccepting: typeof refused = [
  ...loops,
  [
    ['--shortcuts', 'yes'],
    ['--shortcuts yes', 'on or off'],
  ],
];
const workers: typeof refused = [
  [
    ['--workers', '0'],
    ['--workers 0', '1 to'],
  ],
  [
    ['--workers', 'two'],
    ['--workers two', 'whole number'],
  ],
];
const sharing: typeof refused = [
  [
    ['--exclusive', '1'],
    ['--exclusive 1', 'on or off'],
  ],
];
const ownFlags: Record<Program, typeof refused> = {
  'blocking-serial': [],
  'epoll-single': selfAccepting,
  'epoll-shared': [...selfAccepting, ...workers, ...sharing],
  'epoll-reuseport': [...selfAccepting, ...workers],
  threads: [...selfAccepting, ...workers, ...sharing],
  sink: [],
  'epoll-prefork': [
    ...loops,
    ...workers,
    [
      ['--listen-trigger', 'on'],
      ['--listen-trigger on', 'level or edge'],
    ],
    [
      ['--notify-channel', 'fifo'],
      ['--notify-channel fifo', 'socketpair or pipe'],
    ],
    [
      ['--notify', 'often'],
      ['--notify often', 'nonblocking or blocking'],
    ],
    [
      ['--notify-trigger', ''],
      ["--notify-trigger ''", 'level or edge'],
    ],
    [
      ['--notify-read', 'two'],
      ['--notify-read two', 'one or drain'],
    ],
  ],
};

describeServers('command line', (server) => {
  const run = async (flags: readonly string[]): Promise<ServerExit> => {
    const file = programPath(server.program, server.build);
    const { exitCode, signal, stdout, stderr } = await execa(file, flags, { reject: false, timeout: 20_000 });
    return { exitCode, signal, stdout, stderr };
  };

  const start = (flags: readonly string[]) => {
    const subprocess = execa(programPath(server.program, server.build), flags, { reject: false });
    onTestFinished(() => void subprocess.kill('SIGKILL'));
    return subprocess;
  };

  const listens = (port: number): Promise<boolean> => waitUntil('it listens', () => isListening(port));

  it.each([...refused, ...ownFlags[server.program]])('refuses %j', async (flags, named) => {
    const result = await run(flags);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr.split('\n')).toHaveLength(1);
    expect(result.stderr).toMatch(new RegExp(`^${server.program}: `));
    for (const text of named) expect(result.stderr).toContain(text);
  });

  it('describes every flag on --help', async () => {
    const { exitCode, stdout, stderr } = await run(['--help']);
    expect([exitCode, stderr]).toEqual([0, '']);
    const common = ['--host', '--port', '--backlog', '--response-bytes', '--work-us', '--counters'];
    common.push('--defer-accept', '--recv-timeout-ms');
    const own = ownFlags[server.program].map(([flags]) => flags[0]!);
    for (const flag of [...common, ...own]) expect(stdout).toContain(flag);
    for (const initial of ['=127.0.0.1', '=11111', '=5', '=66']) expect(stdout).toContain(initial);
  });

  it('names the address that is in use', async () => {
    const { port } = await startServer(server);
    const result = await run(['--port', String(port)]);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr.split('\n')).toHaveLength(1);
    expect(result.stderr).toContain(`listen on 127.0.0.1:${port}: Address already in use (EADDRINUSE)`);
    expect(result.stderr).toContain('--port');
  });

  it.each([
    [
      ['--host', '192.0.2.1'],
      ['192.0.2.1:11111', 'EADDRNOTAVAIL', '--host'],
    ],
    [
      ['--counters', '/nowhere/counters'],
      ['/nowhere/counters', 'ENOENT', '--counters'],
    ],
    [
      ['--counters', tmpdir()],
      [tmpdir(), 'no file', '--counters'],
    ],
  ])('names what the machine refuses: %j', async (flags, named) => {
    const result = await run(flags);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr.split('\n')).toHaveLength(1);
    for (const text of named) expect(result.stderr).toContain(text);
  });

  it('takes the positional form IP PORT', async () => {
    const port = await freePort();
    const subprocess = start(['127.0.0.1', String(port)]);
    await listens(port);
    expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
    subprocess.kill('SIGTERM');
    expect(await subprocess).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('says when the kernel cuts the backlog, and asks for the one that it was given', async () => {
    const server1 = await startServer(server, ['--backlog', '1000000']);
    expect(server1.stderr()).toMatch(/--backlog 1000000 is cut to \d+ .*net\.core\.somaxconn/);
    const server2 = await startServer(server, ['--backlog', '17']);
    const { stdout } = await execa('ss', ['-Hltn', `sport = ${server2.port}`]);
    expect(stdout.trim().split(/\s+/)[2]).toBe('17');
  });

  it('listens on an IPv6 address, or says that there is none', async () => {
    const port = await freePort();
    const subprocess = start(['--host', '::1', '--port', String(port)]);
    if (networkInterfaces()['lo']?.some(({ address }) => address === '::1')) {
      await listens(port);
      subprocess.kill('SIGTERM');
      expect(await subprocess).toMatchObject({ exitCode: 0, stderr: '' });
    } else {
      expect(await subprocess).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/\[::1\].*\(EA/) });
    }
  });
});
