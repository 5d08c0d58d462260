import { z } from 'zod';
import { delayDevice, linkDevice } from '../../core/link-devices.ts';
import type { HostName, HostSide, Probe } from '../../core/plugin.ts';
import { noteOf, textOf, type RawTexts } from '../../core/raw-texts.ts';
import type { LinkUse } from '../../core/record.ts';

/** From /proc/net/dev of either host. */
const isForwarded = (text: string): boolean => text.includes(`${delayDevice}:`);

/**
 * What went over a device and, where there is a forwarder between the hosts, over the one that it has made since: that
 * one takes all packets then.
 */
function parseSentOver(text: string, device: string): LinkUse['tom'] {
  const sent = parseSent(text, device);
  if (device !== linkDevice || !isForwarded(text)) return sent;
  const forwarded = parseSent(text, delayDevice);
  return {
    sentBytes: sent.sentBytes + forwarded.sentBytes,
    sentPackets: sent.sentPackets + forwarded.sentPackets,
  };
}

/** What a device has sent since it was made, from /proc/net/dev (proc(5)). Throws an Error where it is not there. */
export function parseSent(text: string, device: string): LinkUse['tom'] {
  const line = text.split('\n').find((candidate) => candidate.trimStart().startsWith(`${device}:`));
  if (line === undefined) throw new Error(`/proc/net/dev has no device ${device}`);
  // Eight columns of what was received, then bytes and packets sent.
  const numbers = line
    .slice(line.indexOf(':') + 1)
    .trim()
    .split(/\s+/)
    .map(Number);
  return { sentBytes: numbers[8]!, sentPackets: numbers[9]! };
}

/** Those that make packets wait: others only put them in order, and count no packet that was held back. */
const shapers = ['tbf', 'htb', 'hfsc', 'cake', 'netem'];

const qdiscsSchema = z.array(
  z.object({
    kind: z.string(),
    handle: z.string(),
    overlimits: z.number(),
    drops: z.number(),
    backlog: z.number(),
  }),
);

/** What shapers held back between two outputs of `tc -s -j qdisc`. One that is new since began with nothing. */
export function heldBackBetween(before: string, after: string): NonNullable<LinkUse['heldBack']> {
  const known = qdiscsSchema.parse(JSON.parse(before));
  const heldBack = { packets: 0, dropped: 0, backlogBytes: 0 };
  for (const qdisc of qdiscsSchema.parse(JSON.parse(after))) {
    if (!shapers.includes(qdisc.kind)) continue;
    const earlier = known.find(({ kind, handle }) => kind === qdisc.kind && handle === qdisc.handle);
    heldBack.packets += qdisc.overlimits - (earlier?.overlimits ?? 0);
    heldBack.dropped += qdisc.drops - (earlier?.drops ?? 0);
    heldBack.backlogBytes += qdisc.backlog;
  }
  return heldBack;
}

const contextFile = 'tom/link.context.json';

const contextSchema = z.strictObject({
  device: z.string(),
  jerryDevice: z.string().optional().describe('where it has another name than that of Tom'),
  startMs: z.number().describe("of the window, on the harness's own clock"),
  endMs: z.number(),
  shaped: z
    .array(z.enum(['tom', 'jerry']))
    .min(1)
    .describe('whose devices a shaper was looked for at'),
});
type LinkContext = z.output<typeof contextSchema>;

function sentWithin(raw: RawTexts, host: HostName, device: string): LinkUse['tom'] {
  const [first, then] = ['start', 'end'].map((when) =>
    parseSentOver(textOf(raw, `${host}/proc-net-dev.${when}.txt`), device),
  );
  return {
    sentBytes: then!.sentBytes - first!.sentBytes,
    sentPackets: then!.sentPackets - first!.sentPackets,
  };
}

/** Null where tc could not tell: then its text is empty. */
function heldBackAt(raw: RawTexts, host: HostName): LinkUse['heldBack'] {
  const [before, after] = ['before', 'after'].map((when) => textOf(raw, `${host}/tc-qdisc.${when}.json`));
  return before === '' || after === '' ? null : heldBackBetween(before!, after!);
}

function added(a: LinkUse['heldBack'], b: LinkUse['heldBack']): LinkUse['heldBack'] {
  return (
    a &&
    b && {
      packets: a.packets + b.packets,
      dropped: a.dropped + b.dropped,
      backlogBytes: a.backlogBytes + b.backlogBytes,
    }
  );
}

interface Moment {
  readonly atMs: number;
  readonly tom: string;
  readonly jerry: string;
}

/** Reads files only: to start a program would disturb the window. */
async function look(tom: HostSide, jerry: HostSide): Promise<Moment> {
  const atMs = performance.now();
  const sides = await Promise.all([tom, jerry].map((side) => side.readFiles(['/proc/net/dev'])));
  return { atMs, tom: sides[0]![0]!, jerry: sides[1]![0]! };
}

async function qdiscs(side: HostSide): Promise<string | null> {
  const { exitCode, stdout } = await side.run(['tc', '-s', '-j', 'qdisc', 'show', 'dev', side.device]);
  return exitCode === 0 ? stdout : null;
}

/** How much each host sent, and what a traffic shaper held back of it. */
const link: Probe = {
  summary: 'bytes and packets that each host sent within the window, and what a shaper held back',

  async check(machine) {
    if ((await machine.which('tc')) !== null) return null;
    return {
      reason: 'tc is not installed, so it cannot be seen whether a traffic shaper held anything back',
      remedy: 'apt-get install iproute2',
      bearable: true,
    };
  },

  async start({ testbed: { tom, jerry, separateNetworks } }) {
    // On a shared network one device is that of both.
    const shaped = separateNetworks ? [tom, jerry] : [tom];
    const shapersNow = (): Promise<(string | null)[]> => Promise.all(shaped.map(qdiscs));
    const before = await shapersNow();
    let start = await look(tom, jerry);
    let end: Moment | undefined;

    return {
      async windowStart() {
        start = await look(tom, jerry);
      },
      async windowEnd() {
        end = await look(tom, jerry);
      },
      async finish() {
        const last = end ?? (await look(tom, jerry));
        const after = await shapersNow();
        const context: LinkContext = {
          device: tom.device,
          ...(jerry.device === tom.device ? {} : { jerryDevice: jerry.device }),
          startMs: start.atMs,
          endMs: last.atMs,
          shaped: shaped.map(({ name }) => name),
        };
        const named = (when: string, texts: readonly (string | null)[]): [string, string][] =>
          shaped.map(({ name }, index) => [`${name}/tc-qdisc.${when}.json`, texts[index] ?? '']);
        return {
          'tom/proc-net-dev.start.txt': start.tom,
          'tom/proc-net-dev.end.txt': last.tom,
          'jerry/proc-net-dev.start.txt': start.jerry,
          'jerry/proc-net-dev.end.txt': last.jerry,
          ...Object.fromEntries([...named('before', before), ...named('after', after)]),
          [contextFile]: JSON.stringify(context),
        };
      },
    };
  },

  parse(raw) {
    const { device, jerryDevice = device, startMs, endMs, shaped } = noteOf(raw, contextFile, contextSchema);
    return {
      link: {
        windowMs: endMs - startMs,
        tom: sentWithin(raw, 'tom', device),
        jerry: sentWithin(raw, 'jerry', jerryDevice),
        heldBack: shaped.map((host) => heldBackAt(raw, host)).reduce(added),
        ...(isForwarded(textOf(raw, 'tom/proc-net-dev.end.txt')) ? { forwarded: true } : {}),
      },
    };
  },
};

export default link;
