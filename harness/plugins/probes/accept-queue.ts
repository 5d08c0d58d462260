import type { Probe } from '../../core/plugin.ts';
import { textOf } from '../../core/raw-texts.ts';
import { acceptQueueOf, parseSamples, spanIn } from '../../core/sampler-output.ts';
import { innerIdOf } from '../../effects/server-tree.ts';
import { startSampler, windowClock } from '../../effects/sampler.ts';

/** 25 a second: a wait of a retransmission, 200 ms and more, is seen several times. */
const intervalMs = 40;

const samplesFile = 'tom/accept-queue.json';
const windowFile = 'tom/accept-queue.window.json';

/**
 * The length of the server's accept queue over time, what its processes did meanwhile, and how evenly it answered.
 * A server that sleeps while somebody waits in its queue is blocked by something else than a lack of work.
 */
const acceptQueue: Probe = {
  summary: 'length of the accept queue over time, against its limit, and whether the server slept meanwhile',
  check: async () => null,

  async start({ testbed, server, counterFile, countsItself }) {
    const sampler = await startSampler(testbed.tom, [
      ...['--interval-ms', String(intervalMs)],
      ...['--port', String(testbed.port)],
      ...['--server', String(await innerIdOf(testbed.tom, server))],
      ...(countsItself ? ['--counters', counterFile] : []),
    ]);
    const clock = windowClock(testbed.tom);
    return {
      windowStart: async () => clock.start(),
      windowEnd: async () => clock.end(),
      async finish() {
        return { [samplesFile]: await sampler.read(), [windowFile]: clock.note() };
      },
      close: () => sampler.close(),
    };
  },

  parse: (raw) => ({
    acceptQueue: acceptQueueOf(parseSamples(textOf(raw, samplesFile)), spanIn(raw, windowFile)),
  }),
};

export default acceptQueue;
