import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { execa } from 'execa';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { FrameReader, type Frame } from '../../harness/core/agent-frames.ts';
import { processesWith } from '../support/harness.ts';
import { expectNoSanitizerReport } from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

/* The agent of hosts by ssh, with sanitizers, on two pipes instead of a connection. */

type Request = Record<string, unknown> & { readonly body?: Uint8Array };

function startAgent(...flags: string[]) {
  const agent = execa(resolve('build/asan/bin/host-agent'), flags, { reject: false, encoding: 'buffer' });
  const reader = new FrameReader();
  const frames: Frame[] = [];
  agent.stdout.on('data', (bytes: Buffer) => frames.push(...reader.add(bytes)));
  const ended = agent.then(({ exitCode, stderr }) => {
    const text = Buffer.from(stderr).toString();
    expectNoSanitizerReport({ stderr: text });
    return { exitCode, stderr: text };
  });
  onTestFinished(async () => {
    agent.kill('SIGKILL');
    await ended;
  });
  return {
    frames,
    ended,
    sendBytes: (bytes: Uint8Array): void => void agent.stdin.write(bytes),
    send({ body, ...head }: Request): void {
      const line = JSON.stringify({ ...head, ...(body === undefined ? {} : { bytes: body.length }) });
      agent.stdin.write(Buffer.concat([Buffer.from(`${line}\n`), body ?? new Uint8Array()]));
    },
    /** The frame of this event about a request. */
    async heard(id: number, ...events: string[]): Promise<Frame> {
      const found = (): Frame | undefined =>
        frames.find(({ head }) => head.id === id && events.includes(head.event));
      await waitUntil(`${events.join(' or ')} of ${id}`, () => found() !== undefined);
      return found()!;
    },
    hangUp: (): void => void agent.stdin.end(),
  };
}
type Agent = ReturnType<typeof startAgent>;

/** What an agent of this session has started, and what that has started. */
const startedBy = (session: string): number[] => processesWith(`FORKBENCH_SESSION=${session}`);

describe('the agent of a host (asan)', () => {
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'forkbench-agent-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('starts a program with its words and its input, and says what it printed and how it ended', async () => {
    const agent = startAgent();
    const words = ['a b', "'", '"', '$(id)', '\n', 'ä'];
    const script = 'printf "%s|" "$@"; cat; echo oops >&2; exit 7';
    agent.send({
      id: 1,
      op: 'start',
      argv: ['sh', '-c', script, 'sh', ...words],
      cores: [0],
      body: Buffer.from('in'),
    });
    const ended = await agent.heard(1, 'ended');
    expect(ended.head).toMatchObject({ exitCode: 7 });
    const printed = (event: string): string =>
      Buffer.concat(
        agent.frames.filter(({ head }) => head.event === event).map(({ body }) => body),
      ).toString();
    expect(printed('stdout')).toBe(`${words.map((word) => `${word}|`).join('')}in`);
    expect(printed('stderr')).toBe('oops\n');
    agent.hangUp();
    expect(await agent.ended).toEqual({ exitCode: 0, stderr: '' });
  });

  it('writes a file and reads it back byte for byte', async () => {
    const agent = startAgent();
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) % 256));
    const path = join(directory, 'deep', 'file');
    agent.send({ id: 1, op: 'write', path, body: bytes });
    await agent.heard(1, 'done');
    agent.send({ id: 2, op: 'read', path });
    expect(Buffer.from((await agent.heard(2, 'done')).body).equals(bytes)).toBe(true);
    agent.hangUp();
    await agent.ended;
  });

  it('says what it cannot do, and goes on', async () => {
    const agent = startAgent();
    const requests: Request[] = [
      { op: 'read', path: join(directory, 'nowhere') },
      { op: 'start', argv: ['/no/such/program'], cores: [] },
      { op: 'start', argv: [], cores: [] },
      { op: 'start', argv: ['true'], cores: [4000] },
      { op: 'start' },
      { op: 'look', files: 'not a list' },
      { op: 'signal' },
      { path: 'no operation' },
    ];
    for (const [at, request] of requests.entries()) {
      agent.send({ id: at + 1, ...request });
      await agent.heard(at + 1, 'notDone', 'notStarted');
    }
    agent.send({ id: 100, op: 'clocks' });
    expect(Number((await agent.heard(100, 'done')).head['unixUs'])).toBeGreaterThan(0);
    agent.hangUp();
    expect(await agent.ended).toEqual({ exitCode: 0, stderr: '' });
  });

  it.each([
    ['its input ends', [], (agent: Agent) => agent.hangUp()],
    ['it has heard nothing for a while', ['--silence-ms', '300'], () => undefined],
    ['what it hears is no request', [], (agent: Agent) => agent.sendBytes(Buffer.from('{"id": 1, "op"\n'))],
  ] as const)('ends all that it started when %s', async (_, flags, cause) => {
    const session = basename(directory);
    const agent = startAgent('--session', session, ...flags);
    // One that leaves its session and one that does not mind a signal.
    const script = `trap '' TERM; setsid sleep 1000 & sleep 1000; :`;
    agent.send({ id: 1, op: 'start', argv: ['sh', '-c', script], cores: [] });
    await waitUntil('all three run', () => startedBy(session).length >= 3);
    cause(agent);
    await agent.ended;
    expect(startedBy(session)).toEqual([]);
  });

  it('bears any bytes', async () => {
    const random = xoroshiro128plus(20_261_126);
    const below = (limit: number): number => uniformInt(random, 0, limit - 1);
    const whole = Buffer.from(
      '{"id":1,"op":"clocks","bytes":4}\nabcd{"id":2,"op":"look","files":["/proc/stat"],"trees":[{"root":1}]}\n',
    );
    const tries = Array.from({ length: 40 }, () => {
      const bytes = Buffer.from(whole);
      for (let change = 0; change <= below(6); change++) bytes[below(bytes.length)] = below(256);
      return bytes.subarray(0, 1 + below(bytes.length));
    });
    for (const bytes of tries) {
      const agent = startAgent('--silence-ms', '1000');
      agent.sendBytes(bytes);
      agent.hangUp();
      expect([0, 1]).toContain((await agent.ended).exitCode);
    }
  });
});
