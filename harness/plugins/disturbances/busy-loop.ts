import { z } from 'zod';
import { readParams } from '../../core/params.ts';
import type { Disturbance } from '../../core/plugin.ts';

const paramsSchema = z
  .strictObject({
    host: z.enum(['tom', 'jerry']),
    nice: z.number().int().min(0).max(19).default(0),
    programs: z.number().int().min(1).max(64).default(1),
    onMs: z.number().int().min(1).optional().describe('it works for so long, then rests for offMs'),
    offMs: z.number().int().min(1).optional(),
  })
  .refine(({ onMs, offMs }) => (onMs === undefined) === (offMs === undefined), {
    message: 'onMs and offMs belong together',
  });

/** Longer than any repeat; it is ended with its repeat. */
const limitMs = 600_000;

const loop = 'while :; do :; done';

/** Takes two times in seconds. In the foreground `timeout` stays in the process group that is ended with the loop. */
const intermittentLoop = `
while :; do
  timeout --foreground "$1" sh -c 'while :; do :; done'
  sleep "$2"
done
`;

const seconds = (ms: number): string => String(ms / 1000);

/** What a backup, a build or somebody else's job does to a host: it shares the cores, by its nice value. */
const busyLoop: Disturbance = {
  summary: "busy loops on a host's cores, always or by turns",

  async check(machine) {
    for (const program of ['nice', 'timeout']) {
      if ((await machine.which(program)) !== null) continue;
      return { reason: `the command ${program} is missing`, remedy: 'apt-get install coreutils' };
    }
    return null;
  },

  async start({ testbed }, { plugin, params }) {
    const wanted = readParams(paramsSchema, params, `disturbance ${plugin}`);
    const { host, nice, programs, onMs, offMs } = wanted;
    const work =
      onMs === undefined || offMs === undefined
        ? ['sh', '-c', loop]
        : ['sh', '-c', intermittentLoop, 'sh', seconds(onMs), seconds(offMs)];
    const argv = ['nice', '-n', String(nice), ...work];
    const started = Array.from({ length: programs }, () => testbed[host].start(argv, { limitMs }));
    const running = await Promise.all(started);
    return {
      async stop() {
        await Promise.all(running.map((program) => program.stop({ signal: 'SIGKILL' })));
      },
    };
  },
};

export default busyLoop;
