import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  makeWorkplace,
  processesOf,
  readAllRecords,
  runDirectory,
  startCommand,
  startHarness,
  type Workplace,
} from '../support/harness.ts';

/* A load that three hosts make together, each in a network namespace of its own. */

const smoke = [
  '--scenario',
  'smoke',
  '--variants',
  'epoll-prefork-1',
  '--progress',
  'plain',
  '--repeats',
  '1',
];

describe('several Jerrys', { timeout: 200_000 }, () => {
  let workplace: Workplace;
  beforeEach(() => void (workplace = makeWorkplace()));
  afterEach(() => {
    expectNothingLeft();
    workplace.remove();
  });
  const expectNothingLeft = (): void => expect(processesOf(workplace)).toEqual([]);
  const rawOf = (file: string): Record<string, string> =>
    JSON.parse(gunzipSync(readFileSync(join(runDirectory(workplace), file))).toString()) as Record<
      string,
      string
    >;

  // A busy machine may start them further apart than is allowed, which fails the repeat, as it should.
  it(
    'start together, deal out the connections, and are one load with what each did beside it',
    { retry: 2 },
    async () => {
      const run = await startHarness(workplace, [
        ...smoke,
        ...['--concurrency', '2,8', '--duration', '500ms', '--load', 'epoll', '--jerries', '3'],
      ]);
      expect(run.exitCode, `${String(run.stdout)}${String(run.stderr)}`).toBe(0);
      const records = readAllRecords(workplace);
      expect(new Set(records.map(({ pass }) => pass))).toEqual(new Set(['ceiling', 'timed']));
      for (const record of records) {
        const { load, cell, kernel, server } = record;
        const { jerries } = load!;
        // Fewer connections than Jerrys: then fewer Jerrys.
        const shares = cell.concurrency === 2 ? [1, 1] : [3, 3, 2];
        expect(jerries!.hosts.map(({ concurrency }) => concurrency)).toEqual(shares);
        expect(jerries!.startSpreadMs).toBeLessThanOrEqual(10);
        expect(jerries!.overlapMs).toBeGreaterThan(0);
        const starts = jerries!.hosts.map(({ startedAtMs }) => startedAtMs);
        expect(Math.max(...starts) - Math.min(...starts)).toBeCloseTo(jerries!.startSpreadMs, 3);
        const sum = (of: 'succeeded' | 'failed'): number =>
          jerries!.hosts.reduce((all, host) => all + host[of], 0);
        expect(sum('succeeded')).toBe(load!.window.succeeded);
        for (const host of jerries!.hosts) expect(host.succeeded).toBeGreaterThan(0);
        expect(load!.responseTime!.count).toBe(load!.window.succeeded);
        // Server and kernels counted what all of them made together.
        const opened = kernel!.jerry.tcp['ActiveOpens'] ?? 0;
        expect(opened).toBe(load!.total.started);
        const answered = server?.processes.reduce((all, one) => all + one.answered, 0);
        expect(answered).toBeGreaterThanOrEqual(load!.total.succeeded);
        if (record.pass === 'timed') {
          // Of all three: a connection takes a SYN, its ACK and the request at least from whoever opened it.
          expect(record.link!.jerry.sentPackets).toBeGreaterThan(3 * load!.window.succeeded);
          const { jerryPorts, furtherPorts } = record.sockets!;
          expect(furtherPorts).toBe(2 * (jerryPorts.last - jerryPorts.first + 1));
        }
        const raw = rawOf(record.raw!);
        const places = Object.keys(raw).filter((name) => name.endsWith('load/stdout.txt'));
        expect(places).toHaveLength(shares.length);
      }

      const verified = await startCommand('verify', [runDirectory(workplace)]);
      expect(verified.exitCode, verified.stdout).toBe(0);
      expect(verified.stdout).toContain('everything holds');
      const cpu = readFileSync(join(workplace.out, 'reports', 'smoke', 'cpu.md'), 'utf8');
      expect(cpu).toContain('## What each Jerry did');
      expect(cpu).toContain('3 Jerrys made the load together');
      const page = readFileSync(join(workplace.out, 'reports', 'smoke.md'), 'utf8');
      expect(page).toContain('Jerry 3 192.168.56.5 on');
    },
  );

  it('share a rate', { retry: 2 }, async () => {
    const run = await startHarness(workplace, [
      ...smoke,
      ...['--concurrency', '30', '--duration', '1s', '--load', 'epoll', '--jerries', '3'],
      ...['--rate', '300', '--arrivals', 'poisson'],
    ]);
    expect(run.exitCode, `${String(run.stdout)}${String(run.stderr)}`).toBe(0);
    const timed = readAllRecords(workplace).filter(({ pass }) => pass === 'timed');
    const [{ load }] = timed as [(typeof timed)[number]];
    expect(load!.openLoop!.rate).toBe(300);
    expect(load!.openLoop!.planned).toBe(load!.openLoop!.started + load!.openLoop!.unstarted);
    expect(load!.jerries!.hosts).toHaveLength(3);
    const verified = await startCommand('verify', [runDirectory(workplace)]);
    expect(verified.exitCode, verified.stdout).toBe(0);
  });

  it('are refused where they would be one host, and to loads that cannot start together', async () => {
    const tries: [string[], string][] = [
      [
        ['--hosts', 'loopback', '--load', 'epoll'],
        'several Jerrys need network namespaces or machines of their own',
      ],
      [['--load', 'ab'], 'load ab cannot be spread over 3 hosts'],
      [['--load', 'epoll', '--jerries', '0'], '"0" is not a whole number'],
    ];
    for (const [args, reason] of tries) {
      const refused = await startHarness(workplace, [...smoke, '--jerries', '3', ...args]);
      expect(refused.stderr).toContain(reason);
      expect(refused.exitCode).toBe(2);
    }
  });
});
