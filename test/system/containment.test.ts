import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Machine, Testbed } from '../../harness/core/plugin.ts';
import { loadPlugin } from '../../harness/effects/registry.ts';
import { parseProcCounters } from '../../harness/plugins/probes/netstat.ts';
import { openContained, type ContainedSession } from '../support/contained-session.ts';
import { usableContainments } from '../support/driver.ts';
import { commandOf, eventually, processesOf } from '../support/harness.ts';

/*
 * Whatever contains a process, those who started it must not notice: its id, how it ended and what it wrote are its
 * own. Each containment that this machine has is tried.
 */

let session: ContainedSession;
let machine: Machine;

async function open(containment: string): Promise<void> {
  session = await openContained(containment);
  machine = session.machine;
}

describe.each(await usableContainments())('a process in containment %s', (containment) => {
  beforeEach(() => open(containment));
  afterEach(() => session.close());

  it('gives its exit code, its output and its input', async () => {
    const result = await machine.run(['sh', '-c', 'cat; echo "$0" >&2; exit 7', 'a b $HOME'], {
      input: 'in',
    });
    expect(result).toMatchObject({ exitCode: 7, signal: null, stdout: 'in', stderr: 'a b $HOME\n' });
  });

  it('gives its own id, and ends by the signal that it was sent', async () => {
    const running = await machine.start(['sleep', '60'], { limitMs: 60_000 });
    await eventually('sleep runs', () => commandOf(running.pid) === 'sleep\x0060\0');
    const ended = await running.stop({ signal: 'SIGINT' });
    expect(ended).toMatchObject({ exitCode: null, signal: 'SIGINT' });
  });

  it('is killed with its group when its time is over', async () => {
    const running = await machine.start(['sh', '-c', 'trap "" TERM; sleep 60 & wait'], { limitMs: 300 });
    expect(await running.finished).toMatchObject({ timedOut: true, signal: 'SIGKILL' });
    await eventually(
      'its group is gone',
      () => !processesOf(session.workplace).some((pid) => commandOf(pid).includes('sleep 60')),
    );
  });

  it('that cannot be started is a result', async () => {
    const result = await machine.run(['no-such-program']);
    expect(result).toMatchObject({ exitCode: null, signal: null });
    expect(result.startError).toMatch(/no-such-program ENOENT/);
  });
});

describe('hosts as network namespaces', () => {
  let testbed: Testbed;
  beforeEach(async () => {
    await open('groups');
    testbed = await (await loadPlugin('hosts', 'netns')).open(machine, { tom: [0], jerry: [0] });
  });
  afterEach(async () => {
    await testbed.close();
    await session.close();
  });

  it('have packets processed on the cores that they say', async () => {
    const script = 'mount -t sysfs sysfs /sys && cat /sys/class/net/eth0/queues/rx-*/rps_cpus';
    const { tom } = await testbed.describe();
    const { stdout } = await testbed.tom.run(['unshare', '--mount', 'sh', '-c', script]);
    const masks = stdout
      .trim()
      .split('\n')
      .map((mask) => parseInt(mask.replaceAll(',', ''), 16));
    expect(new Set(masks)).toEqual(new Set([tom.receiveCores === null ? 0 : 1]));
  });

  it('are fresh for each repeat: counters begin at nothing', async () => {
    const opens = async (): Promise<number> => {
      const [snmp] = await testbed.jerry.readFiles(['/proc/net/snmp']);
      return parseProcCounters(snmp!)['Tcp']!['ActiveOpens']!;
    };
    await testbed.jerry.run(['bash', '-c', 'exec 3<> /dev/tcp/192.168.56.2/9']);
    expect(await opens()).toBe(1);
    await testbed.renew();
    expect(await opens()).toBe(0);
  });
});
