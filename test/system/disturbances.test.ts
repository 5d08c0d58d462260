import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { cpuUse, strangersShareLimit } from '../../harness/analysis/cpu.ts';
import type { RunningProcess } from '../../harness/core/plugin.ts';
import type { RepeatRecord } from '../../harness/core/record.ts';
import { processesIn } from '../../harness/effects/control-groups.ts';
import { makeQuotaGroup } from '../../harness/effects/cpu-quota.ts';
import { childrenOf, family } from '../../harness/effects/pids.ts';
import {
  commandOf,
  makeWorkplace,
  processesOf,
  readRecords,
  sessionIds,
  startHarness,
  type Workplace,
} from '../support/harness.ts';
import { openTestbed, type OpenTestbed } from '../support/testbed.ts';
import { waitUntil } from '../support/wait-until.ts';

/*
 * What the disturbances do, by what the kernel and the records say, and that nothing of them stays.
 */

const plan = { blocks: 1, windows: [{ fromConcurrency: 1, warmupMs: 100, windowMs: 600 }], drainMs: 200 };

const condition = (id: string, more: object) => ({ id, label: id, variants: ['serial'], ...more });
const disturbed = (id: string, plugin: string, params: object) =>
  condition(id, { disturbances: [{ plugin, params }] });
const wrong = (fault: string, share: number) =>
  condition(`faulty-${fault}`, { variants: ['faulty'], variantParams: { fault, share } });

/** Writes a scenario of such conditions into the workplace. */
function scenarioOf(workplace: Workplace, conditions: readonly object[], windowMs = 600): string {
  const path = join(workplace.out, 'disturbances.ts');
  const shape = { ...plan, windows: [{ ...plan.windows[0], windowMs }] };
  const scenario = {
    name: 'disturbances',
    title: 'Disturbances',
    question: 'Do they disturb?',
    variants: [
      { id: 'serial', label: 'serial', plugin: 'blocking-serial', params: { backlog: 4096 } },
      { id: 'faulty', label: 'faulty', plugin: 'faulty', params: { fault: 'close' } },
    ],
    baseline: 'serial',
    loads: [{ id: 'epoll' }],
    concurrencies: [20],
    hosts: { tomCores: 1, jerryCores: 1 },
    plans: { full: shape, quick: shape },
    ceiling: false,
    probes: ['counters', 'netstat', 'cpu', 'link'],
    conditions,
  };
  writeFileSync(path, `export default ${JSON.stringify(scenario)};\n`);
  return path;
}

describe('records of disturbed repeats', () => {
  const workplace = makeWorkplace();
  let records: RepeatRecord[] = [];
  const of = (id: string): RepeatRecord => {
    const record = records.find(({ cell }) => cell.factors['condition'] === id)!;
    expect(record.status, JSON.stringify(record.failure)).toBe('ok');
    return record;
  };

  beforeAll(async () => {
    const conditions = [
      disturbed('busy-tom', 'busy-loop', { host: 'tom', programs: 2 }),
      disturbed('busy-jerry', 'busy-loop', { host: 'jerry', programs: 2 }),
      disturbed('held-load', 'hold-load', { share: 0.1 }),
      disturbed('held-server', 'hold-server', { share: 0.1 }),
      disturbed('narrow', 'link-limit', { mbit: 2 }),
      disturbed('stalling', 'stalling-client', { everyMs: 5, holdMs: 20 }),
      disturbed('misspelt', 'busy-loop', { host: 'spike' }),
      wrong('mute', 0.5),
      wrong('status', 0.5),
      wrong('length', 0.5),
      wrong('garbage', 0.5),
      wrong('close', 0.5),
    ];
    await startHarness(workplace, ['--scenario', scenarioOf(workplace, conditions)]);
    records = readRecords(workplace);
  });
  afterAll(() => workplace.remove());

  it.each(['busy-tom', 'busy-jerry'])('%s: the cores worked for somebody else', (id) => {
    expect(cpuUse(of(id)).strangersShare).toBeGreaterThan(strangersShareLimit);
  });

  it('processes of both sides were watched, and the pressure that they were under', () => {
    const { processes, pressure } = of('busy-tom').cpu!;
    for (const host of ['tom', 'jerry']) {
      const main = processes.find((process) => process.host === host && process.role === 'main')!;
      expect(main.voluntarySwitches! + main.involuntarySwitches!).toBeGreaterThan(0);
      expect(main.runMs).toBeGreaterThan(0);
    }
    if (existsSync('/proc/pressure/cpu')) expect(pressure!.cpuMs).toBeGreaterThan(0);
    else expect(pressure).toBeNull();
  });

  it('held processes were throttled, and more than the others', () => {
    const server = of('held-server').cpu!.throttled!;
    expect(server.serverMs).toBeGreaterThan(server.generatorMs ?? 0);
    const load = of('held-load').cpu!.throttled!;
    expect(load.generatorMs).toBeGreaterThan(load.serverMs ?? 0);
  });

  it('a narrow link held packets back', () => {
    const { tom, heldBack } = of('narrow').link!;
    expect(heldBack!.packets).toBeGreaterThan(0);
    expect(tom.sentPackets).toBeGreaterThan(0);
    expect(of('held-load').link!.heldBack).toEqual({ packets: 0, dropped: 0, backlogBytes: 0 });
  });

  it('a stalling client was accepted and never asked for anything', () => {
    const [server] = of('stalling').server!.processes;
    expect(server!.errors).toBeGreaterThan(0);
  });

  it('a parameter that nobody knows fails the repeat, and says so', () => {
    const record = records.find(({ cell }) => cell.factors['condition'] === 'misspelt')!;
    expect(record.failure).toMatchObject({ stage: 'probes' });
    expect(record.failure!.message).toMatch(/disturbance busy-loop: host: /);
  });

  it.each([
    ['status', 'badStatus'],
    ['length', 'closedEarly'],
    ['garbage', 'malformed'],
    ['close', 'closedEarly'],
  ])('half of the answers of a server with the fault %s fail as %s', (fault, cause) => {
    const { succeeded, failed } = of(`faulty-${fault}`).load!.window;
    expect(Object.keys(failed)).toEqual([cause]);
    // In turn, so the two differ by no more than what the borders of the window cut off.
    expect(Math.abs(failed[cause]! - succeeded)).toBeLessThanOrEqual(40);
  });

  it('a mute server leaves its clients unanswered', () => {
    expect(of('faulty-mute').load!.stalled!.count).toBe(20);
  });

  it('nothing of it is left', () => {
    expect(processesOf(workplace)).toEqual([]);
    expect(quotaGroups()).toEqual([]);
  });
});

/** Directories of control groups that some run has made for a share of the CPU. */
function quotaGroups(): string[] {
  return ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup']
    .filter((parent) => existsSync(parent))
    .flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)))
    .filter((path) => /forkbench-[0-9a-f]{8}-/.test(path));
}

describe('at work', () => {
  let open: OpenTestbed;
  beforeAll(async () => void (open = await openTestbed()));
  afterAll(() => open.close());

  const start = async (program: string, ...flags: string[]): Promise<RunningProcess> => {
    const server = await open.startServer(program, ...flags);
    onTestFinished(async () => void (await server.stop()));
    return server;
  };
  const running = (word: string): number[] =>
    processesOf(open.workplace).filter((pid) => commandOf(pid).includes(word));
  const niceOf = (pid: number): string => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]!;
  };

  it('busy loops have their nice value, are as many as were asked for, and end', async () => {
    const server = await start('sink');
    const loops = await open.disturb('busy-loop', { host: 'jerry', nice: 7, programs: 3 }, server);
    const pids = await waitUntil('all run', () => {
      const found = running('while :');
      return found.length === 3 && found.every((pid) => niceOf(pid) === '7') && found;
    });
    expect(pids).toHaveLength(3);
    await loops.stop();
    expect(running('while :')).toEqual([]);
  });

  it('an intermittent busy loop works and rests by turns', async () => {
    const server = await start('sink');
    const loop = await open.disturb('busy-loop', { host: 'tom', onMs: 20, offMs: 20 }, server);
    for (const command of ['timeout', 'sleep', 'timeout', 'sleep']) {
      await waitUntil(`it runs ${command}`, () =>
        running('while :').some((pid) =>
          children(pid).some((child) => commandOf(child).startsWith(`${command}\0`)),
        ),
      );
    }
    await loop.stop();
    await waitUntil('nothing of it runs', () => running('while :').length === 0);
  });

  it('a held process takes its children into the group, and gets out of it at the end', async () => {
    const group = await makeQuotaGroup(open.machine, 'test', 0.5);
    const server = await start('epoll-prefork', '--workers', '2');
    const [path] = quotaGroups();
    expect(await processesIn(path!)).toEqual([]);
    await group.hold(server.pid);
    expect((await processesIn(path!)).sort()).toEqual(family(server.pid).sort());
    expect(family(server.pid)).toHaveLength(3);
    await group.remove();
    expect(existsSync(path!)).toBe(false);
    expect((await server.stop()).exitCode).toBe(0);
  });

  it('a token bucket holds packets back, and is gone afterwards', async () => {
    const server = await start('sink', '--response-bytes', '100000');
    const limit = await open.disturb('link-limit', { mbit: 1, host: 'tom' }, server);
    const queueing = async (): Promise<string> =>
      (await open.testbed.tom.run(['tc', '-s', 'qdisc', 'show', 'dev', 'eth0'])).stdout;
    const { address } = open.testbed.tom;
    await open.testbed.jerry.run([
      open.machine.program('shortconn'),
      ...['--host', address, '--port', String(open.testbed.port)],
      ...['--connections', '2', '--warmup-ms', '0', '--duration-ms', '300', '--drain-ms', '100'],
    ]);
    expect(await queueing()).toMatch(/qdisc tbf [^]*rate 1Mbit[^]*overlimits [1-9]/);
    await limit.stop();
    expect(await queueing()).not.toContain('tbf');
  });

  it('a stalling client keeps a serial server waiting in recv, and outlasts a full queue', async () => {
    const server = await start('blocking-serial', '--backlog', '0');
    const clients = [];
    for (let client = 0; client < 4; client++) {
      clients.push(await open.disturb('stalling-client', { everyMs: 1, holdMs: 30 }, server));
    }
    const overflows = async (): Promise<number> => {
      const [netstat] = await open.testbed.tom.readFiles(['/proc/net/netstat']);
      const [names, values] = netstat!.split('\n').map((line) => line.split(' '));
      return Number(values![names!.indexOf('ListenOverflows')]);
    };
    await waitUntil('the queue was full', async () => (await overflows()) > 0);
    await waitUntil('it waits in recv', () => sleepsIn(server.pid, recvfrom));
    expect(running('stalling-client')).toHaveLength(4);
    for (const client of clients) await client.stop();
    expect(running('stalling-client')).toEqual([]);
  });
});

const children = (pid: number): number[] => {
  try {
    return childrenOf(pid);
  } catch {
    return [];
  }
};

/** The number of recvfrom(2), as which recv(2) arrives in the kernel. */
const recvfrom = { x64: 45, arm64: 207 }[process.arch as 'x64' | 'arm64'];

const sleepsIn = (pid: number, call: number): boolean =>
  readFileSync(`/proc/${pid}/syscall`, 'latin1').startsWith(`${call} `) &&
  /^State:\s*S/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));

it('a kill of the harness ends what was held, and removes its group', async () => {
  const workplace = makeWorkplace();
  onTestFinished(() => workplace.remove());
  const scenario = scenarioOf(workplace, [disturbed('held', 'hold-load', { share: 0.2 })], 20_000);
  const run = startHarness(workplace, ['--scenario', scenario]);
  const group = await waitUntil(
    'the load is held',
    async () => {
      const paths = sessionIds(workplace).flatMap((id) => quotaGroups().filter((path) => path.includes(id)));
      for (const path of paths) if ((await processesIn(path)).length > 0) return path;
      return null;
    },
    20_000,
  );
  run.kill('SIGKILL');
  await run;
  await waitUntil('the group is gone', () => !existsSync(group));
  await waitUntil('no process is left', () => processesOf(workplace).length === 0);
}, 60_000);
