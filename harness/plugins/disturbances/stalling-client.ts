import { z } from 'zod';
import { readParams } from '../../core/params.ts';
import type { Disturbance } from '../../core/plugin.ts';

const paramsSchema = z.strictObject({
  everyMs: z.number().int().min(1).max(600_000).describe('rest between two connections'),
  holdMs: z.number().int().min(1).max(600_000).describe('for so long it sends nothing'),
});

/** Longer than any repeat; it is ended with its repeat. */
const limitMs = 600_000;

/** A client that a server which serves one after the other has to wait for, while all others queue. */
const stallingClient: Disturbance = {
  summary: 'a client that connects again and again, sends nothing for a while, and leaves',

  async check(machine) {
    machine.program('stalling-client');
    return null;
  },

  async start({ testbed }, { plugin, params }) {
    const { everyMs, holdMs } = readParams(paramsSchema, params, `disturbance ${plugin}`);
    const client = await testbed.jerry.start(
      [
        testbed.jerry.machine.program('stalling-client'),
        ...['--host', testbed.tom.address, '--port', String(testbed.port)],
        ...['--every-ms', String(everyMs), '--hold-ms', String(holdMs)],
      ],
      { limitMs },
    );
    return {
      async stop() {
        await client.stop({ signal: 'SIGKILL' });
      },
    };
  },
};

export default stallingClient;
