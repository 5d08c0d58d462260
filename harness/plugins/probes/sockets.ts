import type { Probe } from '../../core/plugin.ts';
import { textOf } from '../../core/raw-texts.ts';
import type { Sockets } from '../../core/record.ts';
import { parseSamples, spanIn, statesOf } from '../../core/sampler-output.ts';
import { startSamplers, windowClock } from '../../effects/sampler.ts';

/** Parses /proc/net/sockstat. Throws an Error where its TCP line is missing. */
export function parseSockstat(text: string): Sockets['tom'] {
  const line = /^TCP: (.*)$/m.exec(text)?.[1];
  if (line === undefined) throw new Error('/proc/net/sockstat has no line "TCP:"');
  const words = line.trim().split(/\s+/);
  const value = (name: string): number => Number(words[words.indexOf(name) + 1]);
  return { inUse: value('inuse'), timeWait: value('tw'), orphan: value('orphan') };
}

/** One look costs a walk through the machine's socket table: the sampler takes fewer where that is long. */
const intervalMs = 200;

const portsFile = 'jerry/ip-local-port-range.txt';
const windowFile = 'tom/sockets.window.json';
/** Only of a Jerry with a clock of its own. */
const jerryWindowFile = 'jerry/sockets.window.json';

/**
 * Sockets by their state while the load runs, and those that are left when it has ended: TIME_WAIT stays with the side
 * that closed first.
 */
const sockets: Probe = {
  summary:
    'sockets by TCP state on both hosts over time, those left at the end, and the ports that Jerry has',
  check: async () => null,

  async start({ testbed: { tom, jerry } }) {
    const options = ['--states', '--interval-ms', String(intervalMs)];
    const samplers = await startSamplers([tom, jerry], options);
    const clocks = { tom: windowClock(tom), jerry: windowClock(jerry) };
    return {
      windowStart: async () => [clocks.tom, clocks.jerry].forEach((clock) => clock.start()),
      windowEnd: async () => [clocks.tom, clocks.jerry].forEach((clock) => clock.end()),
      async finish() {
        const [toms, jerrys, ...sampled] = await Promise.all([
          tom.readFiles(['/proc/net/sockstat']),
          jerry.readFiles(['/proc/net/sockstat', '/proc/sys/net/ipv4/ip_local_port_range']),
          ...samplers.map((sampler) => sampler.read()),
        ]);
        return {
          'tom/sockstat.after.txt': toms[0]!,
          'jerry/sockstat.after.txt': jerrys[0]!,
          [portsFile]: jerrys[1]!,
          'tom/sockets.json': sampled[0]!,
          'jerry/sockets.json': sampled[1]!,
          [windowFile]: clocks.tom.note(),
          // Where both have one clock the window is the same.
          ...(jerry.look ? { [jerryWindowFile]: clocks.jerry.note() } : {}),
        };
      },
      close: async () => void (await Promise.all(samplers.map((sampler) => sampler.close()))),
    };
  },

  parse(raw) {
    const [first, last] = textOf(raw, portsFile).trim().split(/\s+/).map(Number);
    const span = spanIn(raw, windowFile);
    const jerrySpan = jerryWindowFile in raw ? spanIn(raw, jerryWindowFile) : span;
    const [toms, jerrys] = ['tom', 'jerry'].map((host) => parseSamples(textOf(raw, `${host}/sockets.json`)));
    return {
      sockets: {
        tom: parseSockstat(textOf(raw, 'tom/sockstat.after.txt')),
        jerry: parseSockstat(textOf(raw, 'jerry/sockstat.after.txt')),
        jerryPorts: { first: first!, last: last! },
        states: { tom: statesOf(toms!, span), jerry: statesOf(jerrys!, jerrySpan) },
        samplersCpuMs: [toms!, jerrys!].reduce((sum, { cpu }) => sum + cpu.userMs + cpu.systemMs, 0),
      },
    };
  },
};

export default sockets;
