import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RunningProcess } from '../../harness/core/plugin.ts';
import { idAmongContained } from '../../harness/effects/namespaces.ts';
import {
  commandOf,
  makeWorkplace,
  processesOf,
  readRecords,
  runDirectory,
  startCommand,
  startHarness,
} from '../support/harness.ts';
import { openTestbed, type OpenTestbed } from '../support/testbed.ts';
import { waitUntil } from '../support/wait-until.ts';

/*
 * The forwarder between the hosts, by what connections and the kernel's tables say.
 */

let open: OpenTestbed;
let server: RunningProcess;
beforeAll(async () => {
  open = await openTestbed();
  server = await open.startServer('sink');
});
afterAll(() => open.close());

const forwarders = (): number[] =>
  processesOf(open.workplace).filter((pid) => commandOf(pid).includes('link-delay'));

const delay = async (delayUs: number) => {
  const started = await open.disturb('link-delay', { delayUs }, server);
  onTestFinished(() => started.stop());
  return started;
};

const load = (connections: number, durationMs: number): string[] => [
  open.machine.program('shortconn'),
  ...['--engine', 'epoll', '--host', open.testbed.tom.address, '--port', String(open.testbed.port)],
  ...['--connections', String(connections), '--duration-ms', String(durationMs)],
  ...['--warmup-ms', '0', '--drain-ms', '200'],
];

/** Milliseconds that one connection takes to be made: the median of some. */
async function connectMs(): Promise<number> {
  const { stdout } = await open.testbed.jerry.run(load(1, 400));
  const result = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
    connectTimeUs: { count: number; buckets: [number, number][] };
  };
  expect(result.connectTimeUs.count).toBeGreaterThan(0);
  let left = result.connectTimeUs.count / 2;
  const [median] = result.connectTimeUs.buckets.find(([, count]) => (left -= count) <= 0)!;
  return median / 1000;
}

const routesOf = async (side: 'tom' | 'jerry'): Promise<string> =>
  (await open.testbed[side].run(['ip', 'route'])).stdout;

it('a connection takes twice the delay of one way longer, and as long as before when it is over', async () => {
  const direct = await connectMs();
  const started = await delay(20_000);
  const delayed = await connectMs();
  // No timer fires early; how late one does is up to the machine.
  expect(delayed).toBeGreaterThanOrEqual(40);
  expect(delayed).toBeLessThan(direct + 400);
  const texts = await started.finish!();
  expect(forwarders()).toEqual([]);
  expect(await connectMs()).toBeLessThan(40);
  const lines = texts['jerry/link-delay.ndjson']!.trim().split('\n');
  const [ready, result] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(ready).toEqual({ event: 'ready', device: 'delay0' });
  expect(result).toMatchObject({ event: 'result', delayUs: 20_000 });
  for (const way of ['toPeer', 'fromPeer']) {
    const counted = result![way] as Record<string, number>;
    expect(counted['passed']).toBeGreaterThan(4);
    expect(counted).toMatchObject({ dropped: 0, refused: 0 });
  }
  // The kernel's own count of what it had handed to the forwarder a moment before that ended.
  const sent = Number(/delay0:(?:\s+\d+){9}\s+(\d+)/.exec(texts['jerry/link-delay.devices.txt']!)![1]);
  const { passed, heldAtEnd } = result!['toPeer'] as Record<string, number>;
  expect(sent).toBeGreaterThan(4);
  expect(sent).toBeLessThanOrEqual(passed! + heldAtEnd!);
});

it('packets beyond its queue are dropped and counted', async () => {
  const started = await open.disturb('link-delay', { delayUs: 50_000, queue: 2 }, server);
  onTestFinished(() => started.stop());
  await open.testbed.jerry.run(load(20, 200));
  const { 'jerry/link-delay.ndjson': said } = await started.finish!();
  expect(said).toMatch(/"toPeer":\{[^}]*"dropped":[1-9]/);
});

it.each(['SIGTERM', 'SIGKILL'] as const)('nothing of it is left after %s', async (signal) => {
  const before = await Promise.all([routesOf('tom'), routesOf('jerry')]);
  const started = await delay(0);
  expect(await routesOf('tom')).toContain('dev delay0');
  const [pid] = forwarders();
  process.kill(pid!, signal);
  await waitUntil('it has ended', () => forwarders().length === 0);
  // A process that ends gives up its memory, and with it its name, before its files.
  const isGone = async (host: 'tom' | 'jerry') =>
    (await open.testbed[host].run(['ip', 'link', 'show', 'delay0'])).exitCode !== 0;
  await waitUntil('its devices are gone', async () => (await isGone('tom')) && isGone('jerry'));
  expect(await Promise.all([routesOf('tom'), routesOf('jerry')])).toEqual(before);
  await expect(
    signal === 'SIGKILL' ? started.finish!() : Promise.reject(new Error('ended early')),
  ).rejects.toThrow('ended early');
});

it('says what is wrong with its command line, and with a namespace that is not there', async () => {
  const run = (...flags: string[]) => open.testbed.jerry.run([open.machine.program('link-delay'), ...flags]);
  expect(await run()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--peer') });
  const here = `/proc/${idAmongContained(server)}/ns/net`;
  expect(await run('--peer', here, '--device', 'a-name-that-is-too-long')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('15 characters'),
  });
  expect(await run('--peer', '/proc/none/ns/net')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('/proc/none/ns/net'),
  });
});

describe('a run', () => {
  const workplace = makeWorkplace();
  afterAll(() => workplace.remove());

  it('keeps what the forwarder counted, counts what it carried, and is verified, under a load of its own too', async () => {
    const shape = { blocks: 1, windows: [{ fromConcurrency: 1, warmupMs: 0, windowMs: 400 }], drainMs: 100 };
    const path = join(workplace.out, 'longer-link.ts');
    const longer = { disturbances: [{ plugin: 'link-delay', params: { delayUs: 1000 } }] };
    const scenario = {
      name: 'longer-link',
      title: 'A longer link',
      question: 'Is it longer?',
      variants: [{ id: 'serial', label: 'serial', plugin: 'blocking-serial', params: { backlog: 4096 } }],
      baseline: 'serial',
      loads: [{ id: 'epoll' }],
      concurrencies: [2],
      hosts: { tomCores: 1, jerryCores: 1 },
      plans: { full: shape, quick: shape },
      ceiling: false,
      conditions: [
        { id: 'direct', label: 'direct' },
        { id: 'longer', label: 'longer', ...longer },
        { id: 'processes', label: 'processes', ...longer, load: { id: 'processes' } },
      ],
    };
    writeFileSync(path, `export default ${JSON.stringify(scenario)};\n`);
    expect((await startHarness(workplace, ['--scenario', path])).exitCode).toBe(0);
    const records = new Map(
      readRecords(workplace).map((record) => [record.cell.factors['condition'], record]),
    );
    const [direct, ...through] = ['direct', 'longer', 'processes'].map((id) => records.get(id)!);
    expect(direct!.link!.forwarded).toBeUndefined();
    for (const { link, load, cell } of through) {
      expect(cell.load).toBe('epoll');
      expect(link).toMatchObject({ forwarded: true });
      // Of each request at least SYN, request and end come from Jerry, SYN-ACK, response and end from Tom.
      for (const host of ['tom', 'jerry'] as const)
        expect(link![host].sentPackets).toBeGreaterThan(2 * load!.window.succeeded);
    }
    expect(through[0]!.load!.startMs).toBeUndefined();
    expect(through[1]!.load!.startMs).toBeGreaterThan(0);
    const verified = await startCommand('verify', [runDirectory(workplace)]);
    expect(verified.stdout).toContain('3 of 3 records as their raw output gives them');
  });
});
