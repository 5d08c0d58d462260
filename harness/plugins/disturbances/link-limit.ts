import { z } from 'zod';
import { jerriesOf } from '../../core/jerries.ts';
import { readParams } from '../../core/params.ts';
import type { Disturbance, HostSide } from '../../core/plugin.ts';

const paramsSchema = z.strictObject({
  mbit: z.number().min(0.1).max(10_000),
  host: z.enum(['tom', 'jerry', 'both']).default('both'),
});

const missing = { reason: 'the command tc is missing', remedy: 'apt-get install iproute2' };

/** What a host sends goes through a token bucket, which holds back what is more than the rate allows. */
const linkLimit: Disturbance = {
  summary: 'limits what a host (each of several Jerrys) can send, by a token bucket on its device',
  async check(machine) {
    // What is set on another machine would stay there if the run were killed.
    if (!machine.isLocal)
      return {
        reason: 'it limits devices of namespaces, which end with the run',
        remedy: 'use --hosts netns',
      };
    return (await machine.which('tc')) === null ? missing : null;
  },

  async start({ testbed }, { plugin, params }) {
    const { mbit, host } = readParams(paramsSchema, params, `disturbance ${plugin}`);
    if (!testbed.separateNetworks) {
      throw new Error(`${plugin}: these hosts have no link of their own; it takes --hosts netns`);
    }
    const jerries = jerriesOf(testbed);
    const sides = { tom: [testbed.tom], jerry: jerries, both: [testbed.tom, ...jerries] }[host];
    // 32 KiB are some twenty packets of full size at once; what waits longer than 50 ms is dropped.
    const bucket = ['tbf', 'rate', `${mbit}mbit`, 'burst', '32k', 'latency', '50ms'];
    const limited: HostSide[] = [];
    const stop = async (): Promise<void> => {
      for (const side of limited) await queueing(side, 'del', []);
    };
    try {
      for (const side of sides) {
        await queueing(side, 'add', bucket);
        limited.push(side);
      }
    } catch (error) {
      await stop();
      throw error;
    }
    return { stop };
  },
};

async function queueing(side: HostSide, action: 'add' | 'del', words: readonly string[]): Promise<void> {
  const done = await side.run(['tc', 'qdisc', action, 'dev', side.device, 'root', ...words], {
    asRoot: true,
  });
  if (done.exitCode === 0) return;
  throw new Error(`${done.command}: ${(done.startError ?? done.stderr).trim()}`);
}

export default linkLimit;
