import { open } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import { jerriesOf } from '../../core/jerries.ts';
import { delayDevice } from '../../core/link-devices.ts';
import { readParams } from '../../core/params.ts';
import type { Disturbance, HostSide } from '../../core/plugin.ts';
import { startUntilItSpeaks } from '../../effects/first-line.ts';
import { idAmongContained } from '../../effects/namespaces.ts';

const paramsSchema = z.strictObject({
  delayUs: z.number().int().min(0).max(1_000_000).describe('each way'),
  queue: z.number().int().min(1).max(65_536).default(4096).describe('packets held each way'),
});

/** Longer than any repeat; it is ended with its repeat. */
const limitMs = 600_000;

const tunPath = '/dev/net/tun';

/**
 * A longer link: all packets between the hosts go through a program that holds each for a while. It runs on Jerry's
 * cores, so a delay of 0 is the control that shows what the program itself costs. Packets pass `delay0` in both hosts
 * then; nothing is on `eth0`, where the probe `packets` captures.
 */
const linkDelay: Disturbance = {
  summary: 'holds every packet between the hosts for a while, each way, in a forwarder between TUN devices',

  async check(machine) {
    if (!machine.isLocal)
      return { reason: 'it joins namespaces of one machine', remedy: 'use --hosts netns' };
    machine.program('link-delay');
    if ((await machine.which('ip')) === null) {
      return { reason: 'the command ip is missing', remedy: 'apt-get install iproute2' };
    }
    try {
      await (await open(tunPath, 'r+')).close();
      return null;
    } catch (error) {
      const forbidden = (error as NodeJS.ErrnoException).code === 'EACCES';
      return {
        reason: `no TUN device can be made here (${messageOf(error)})`,
        remedy: forbidden ? `chmod 666 ${tunPath} as root` : 'modprobe tun as root',
      };
    }
  },

  async start({ machine, testbed, server }, { plugin, params }) {
    const { delayUs, queue } = readParams(paramsSchema, params, `disturbance ${plugin}`);
    const { tom, jerry } = testbed;
    if (!testbed.separateNetworks) {
      throw new Error(`${plugin}: these hosts have no link of their own; it takes --hosts netns`);
    }
    if (jerriesOf(testbed).length > 1) {
      throw new Error(`${plugin}: it joins two hosts, and there are several Jerrys; use --jerries 1`);
    }
    const argv = [
      machine.program('link-delay'),
      ...['--peer', `/proc/${idAmongContained(server)}/ns/net`, '--device', delayDevice],
      ...['--delay-us', String(delayUs), '--queue', String(queue)],
    ];
    const { running } = await startUntilItSpeaks(jerry.start, argv, limitMs);
    try {
      await routeThroughDelay(tom, jerry.address);
      await routeThroughDelay(jerry, tom.address);
    } catch (error) {
      await running.stop({ signal: 'SIGKILL' });
      throw error;
    }
    return {
      async finish() {
        const devices = await Promise.all([tom, jerry].map((side) => side.readFiles(['/proc/net/dev'])));
        const { stdout, stderr, exitCode } = await running.stop();
        if (exitCode !== 0) throw new Error(`${plugin} ended early: ${stderr.trim()}`);
        return {
          'jerry/link-delay.ndjson': stdout,
          // A packet that the program does not fetch in time is lost in the kernel, and counted there.
          'tom/link-delay.devices.txt': devices[0]![0]!,
          'jerry/link-delay.devices.txt': devices[1]![0]!,
        };
      },
      async stop() {
        await running.stop({ signal: 'SIGKILL' });
      },
    };
  },
};

/**
 * Without IPv6 the kernel says nothing of its own on the device when it comes up: the other one may not be up yet, and
 * would refuse that. A kernel without IPv6 has no such setting.
 */
const routeScript = `
{ echo 1 > "/proc/sys/net/ipv6/conf/$1/disable_ipv6"; } 2> /dev/null
exec ip -batch -
`;

/** A route to one host goes before that to its network; the source stays what it was. */
async function routeThroughDelay(side: HostSide, peer: string): Promise<void> {
  const batch = [
    `link set ${delayDevice} txqueuelen 4096 up`,
    `route add ${peer}/32 dev ${delayDevice} src ${side.address}`,
  ];
  const done = await side.run(['sh', '-c', routeScript, 'sh', delayDevice], {
    input: `${batch.join('\n')}\n`,
  });
  if (done.exitCode === 0) return;
  throw new Error(`${done.command}: ${(done.startError ?? done.stderr).trim()}`);
}

export default linkDelay;
