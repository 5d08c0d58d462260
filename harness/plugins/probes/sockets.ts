import { addedCounts, jerriesOf, jerriesWith, jerryName } from '../../core/jerries.ts';
import type { HostSide, Probe } from '../../core/plugin.ts';
import { textOf, type RawTexts } from '../../core/raw-texts.ts';
import type { Sockets } from '../../core/record.ts';
import { parseSamples, spanIn, statesOf } from '../../core/sampler-output.ts';
import { startSamplers, windowClock, type Sampler } from '../../effects/sampler.ts';

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

const portsFile = 'ip-local-port-range.txt';
const windowFile = 'tom/sockets.window.json';
/** Only of a Jerry with a clock of its own. */
const ownWindowFile = 'sockets.window.json';

/** The files of a Jerry. */
async function jerryTexts(
  side: HostSide,
  name: string,
  sampler: Sampler,
  clock: ReturnType<typeof windowClock>,
): Promise<RawTexts> {
  const [sockstat, ports] = await side.readFiles([
    '/proc/net/sockstat',
    '/proc/sys/net/ipv4/ip_local_port_range',
  ]);
  return {
    [`${name}/sockstat.after.txt`]: sockstat!,
    [`${name}/${portsFile}`]: ports!,
    [`${name}/sockets.json`]: await sampler.read(),
    // Where both have one clock the window is the same.
    ...(side.look ? { [`${name}/${ownWindowFile}`]: clock.note() } : {}),
  };
}

type States = NonNullable<Sockets['states']>['tom'];

/** Of several hosts. They need not have had their most at one time: the largest is an upper bound. */
function addedStates(all: readonly States[]): States {
  const names = new Set(all.flatMap((states) => Object.keys(states)));
  const total = (of: (states: States) => number | undefined): number =>
    all.reduce((sum, states) => sum + (of(states) ?? 0), 0);
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      { mean: total((states) => states[name]?.mean), max: total((states) => states[name]?.max) },
    ]),
  );
}

function portsIn(text: string): Sockets['jerryPorts'] {
  const [first, last] = text.trim().split(/\s+/).map(Number);
  return { first: first!, last: last! };
}

/**
 * Sockets by their state while the load runs, and those that are left when it has ended: TIME_WAIT stays with the side
 * that closed first. Those of several Jerrys are added.
 */
const sockets: Probe = {
  summary:
    'sockets by TCP state on both hosts over time, those left at the end, and the ports that Jerry has',
  check: async () => null,

  async start({ testbed }) {
    const { tom } = testbed;
    const jerries = jerriesOf(testbed);
    const options = ['--states', '--interval-ms', String(intervalMs)];
    const samplers = await startSamplers([tom, ...jerries], options);
    const clocks = [tom, ...jerries].map(windowClock);
    return {
      windowStart: async () => clocks.forEach((clock) => clock.start()),
      windowEnd: async () => clocks.forEach((clock) => clock.end()),
      async finish() {
        const [toms, sampled, ...jerrys] = await Promise.all([
          tom.readFiles(['/proc/net/sockstat']),
          samplers[0]!.read(),
          ...jerries.map((side, at) => jerryTexts(side, jerryName(at), samplers[at + 1]!, clocks[at + 1]!)),
        ]);
        return Object.assign(
          {
            'tom/sockstat.after.txt': toms[0]!,
            'tom/sockets.json': sampled,
            [windowFile]: clocks[0]!.note(),
          },
          ...jerrys,
        ) as RawTexts;
      },
      close: async () => void (await Promise.all(samplers.map((sampler) => sampler.close()))),
    };
  },

  parse(raw) {
    const span = spanIn(raw, windowFile);
    const toms = parseSamples(textOf(raw, 'tom/sockets.json'));
    const jerries = jerriesWith(raw, portsFile).map((name) => {
      const own = `${name}/${ownWindowFile}`;
      const samples = parseSamples(textOf(raw, `${name}/sockets.json`));
      return {
        left: parseSockstat(textOf(raw, `${name}/sockstat.after.txt`)),
        ports: portsIn(textOf(raw, `${name}/${portsFile}`)),
        samples,
        states: statesOf(samples, own in raw ? spanIn(raw, own) : span),
      };
    });
    const [first, ...further] = jerries;
    return {
      sockets: {
        tom: parseSockstat(textOf(raw, 'tom/sockstat.after.txt')),
        jerry: addedCounts(jerries.map(({ left }) => left)),
        jerryPorts: first!.ports,
        ...(further.length === 0
          ? {}
          : { furtherPorts: further.reduce((total, { ports }) => total + ports.last - ports.first + 1, 0) }),
        states: { tom: statesOf(toms, span), jerry: addedStates(jerries.map(({ states }) => states)) },
        samplersCpuMs: [toms, ...jerries.map(({ samples }) => samples)].reduce(
          (total, { cpu }) => total + cpu.userMs + cpu.systemMs,
          0,
        ),
      },
    };
  },
};

export default sockets;
