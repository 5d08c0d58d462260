import { z } from 'zod';
import { delayDevice, linkDevice } from '../../core/link-devices.ts';
import { addedCounts, jerriesOf, jerriesWith, namedSides, type NamedSide } from '../../core/jerries.ts';
import type { Probe } from '../../core/plugin.ts';
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
  otherDevices: z.array(z.string()).optional().describe('those of further Jerrys'),
  startMs: z.number().describe("of the window, on the harness's own clock"),
  endMs: z.number(),
  shaped: z.array(z.string()).min(1).describe('whose devices a shaper was looked for at'),
});
type LinkContext = z.output<typeof contextSchema>;

const deviceFile = (when: 'start' | 'end'): string => `proc-net-dev.${when}.txt`;

function sentWithin(raw: RawTexts, host: string, device: string): LinkUse['tom'] {
  const [first, then] = (['start', 'end'] as const).map((when) =>
    parseSentOver(textOf(raw, `${host}/${deviceFile(when)}`), device),
  );
  return {
    sentBytes: then!.sentBytes - first!.sentBytes,
    sentPackets: then!.sentPackets - first!.sentPackets,
  };
}

/** Null where tc could not tell: then its text is empty. */
function heldBackAt(raw: RawTexts, host: string): LinkUse['heldBack'] {
  const [before, after] = ['before', 'after'].map((when) => textOf(raw, `${host}/tc-qdisc.${when}.json`));
  return before === '' || after === '' ? null : heldBackBetween(before!, after!);
}

interface Moment {
  readonly atMs: number;
  /** Of each side, in their order. */
  readonly texts: readonly string[];
}

/** Reads files only: to start a program would disturb the window. */
async function look(sides: readonly NamedSide[]): Promise<Moment> {
  const atMs = performance.now();
  const read = await Promise.all(sides.map(({ side }) => side.readFiles(['/proc/net/dev'])));
  return { atMs, texts: read.map(([text]) => text!) };
}

async function qdiscs({ side }: NamedSide): Promise<string | null> {
  const { exitCode, stdout } = await side.run(['tc', '-s', '-j', 'qdisc', 'show', 'dev', side.device]);
  return exitCode === 0 ? stdout : null;
}

/** How much each host sent, and what a traffic shaper held back of it. What several Jerrys sent is added. */
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

  async start({ testbed }) {
    const sides = namedSides(testbed);
    const { tom } = testbed;
    const [jerry, ...otherJerries] = jerriesOf(testbed).map(({ device }) => device);
    // On a shared network one device is that of both.
    const shaped = testbed.separateNetworks ? sides : sides.slice(0, 1);
    const shapersNow = (): Promise<(string | null)[]> => Promise.all(shaped.map(qdiscs));
    const before = await shapersNow();
    let start = await look(sides);
    let end: Moment | undefined;

    return {
      async windowStart() {
        start = await look(sides);
      },
      async windowEnd() {
        end = await look(sides);
      },
      async finish() {
        const last = end ?? (await look(sides));
        const after = await shapersNow();
        const context: LinkContext = {
          device: tom.device,
          ...(jerry === tom.device ? {} : { jerryDevice: jerry! }),
          ...(otherJerries.length === 0 ? {} : { otherDevices: otherJerries }),
          startMs: start.atMs,
          endMs: last.atMs,
          shaped: shaped.map(({ name }) => name),
        };
        const named = (when: string, texts: readonly (string | null)[]): [string, string][] =>
          shaped.map(({ name }, index) => [`${name}/tc-qdisc.${when}.json`, texts[index] ?? '']);
        const devices = (when: 'start' | 'end', { texts }: Moment): [string, string][] =>
          sides.map(({ name }, index) => [`${name}/${deviceFile(when)}`, texts[index]!]);
        return Object.fromEntries([
          ...devices('start', start),
          ...devices('end', last),
          ...named('before', before),
          ...named('after', after),
          [contextFile, JSON.stringify(context)],
        ]);
      },
    };
  },

  parse(raw) {
    const context = noteOf(raw, contextFile, contextSchema);
    const { device, jerryDevice = device, otherDevices = [], startMs, endMs, shaped } = context;
    const jerries = jerriesWith(raw, deviceFile('end')).map((name, at) =>
      sentWithin(raw, name, [jerryDevice, ...otherDevices][at] ?? device),
    );
    const heldBack = shaped.map((host) => heldBackAt(raw, host));
    return {
      link: {
        windowMs: endMs - startMs,
        tom: sentWithin(raw, 'tom', device),
        jerry: addedCounts(jerries),
        // Known only where tc told it of each.
        heldBack: heldBack.includes(null) ? null : addedCounts(heldBack.flatMap((one) => one ?? [])),
        ...(isForwarded(textOf(raw, 'tom/proc-net-dev.end.txt')) ? { forwarded: true } : {}),
      },
    };
  },
};

export default link;
