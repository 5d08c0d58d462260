import { z } from 'zod';
import {
  answeredAtS,
  backOffsOf,
  begunAtS,
  connectionsOf,
  isTouched,
  parsePackets,
  type BackOff,
  type Connection,
  type QuietStretch,
  type SeenPacket,
} from './packet-text.ts';
import type { Packets } from './record.ts';

/** What is known of a capture beside the packets that were kept of it; `said` is tcpdump's standard error. */
export const captureNoteSchema = z.strictObject({
  port: z.number().int(),
  startS: z.number(),
  endS: z.number(),
  packets: z.number().int().min(0),
  connections: z.number().int().min(0),
  quiet: z.array(z.strictObject({ fromS: z.number(), toS: z.number(), waiting: z.number().int().min(0) })),
  said: z.string(),
});
export type CaptureNote = z.output<typeof captureNoteSchema>;

/** Shorter than the 200 ms after which a request is sent again. */
const binMs = 25;

/** The section of a record. `text` holds the kept lines. Throws an Error that says what is wrong with it. */
export function packetsOf(text: string, note: CaptureNote): Packets {
  const { startS, endS } = note;
  const connections = connectionsOf(parsePackets(text, note.port));
  const backOffs = connections.map((connection) => backOffsOf(connection, endS));
  const touched = connections.map((connection) => isTouched(connection, endS));
  const having = (what: (packet: SeenPacket) => boolean): number =>
    connections.filter(({ packets }) => packets.some((packet) => packet.again && what(packet))).length;
  return {
    spanMs: ms(endS - startS),
    packets: note.packets,
    droppedByKernel: droppedByKernel(note.said),
    connections: note.connections,
    keptConnections: connections.length,
    synSentAgain: having(({ fromServer, syn }) => syn && !fromServer),
    requestSentAgain: having(isRequest),
    synAckSentAgain: having(({ fromServer, syn }) => syn && fromServer),
    completedEmpty: connections.filter(wasCompletedEmpty).length,
    waits: waitsOf(backOffs),
    backOff: {
      binMs,
      syn: overTime(backOffs.flat(), 'syn', startS, endS),
      request: overTime(backOffs.flat(), 'request', startS, endS),
    },
    quiet: note.quiet.map((stretch) => ({
      atMs: ms(stretch.fromS - startS),
      durationMs: ms(stretch.toS - stretch.fromS),
      waiting: stretch.waiting,
      endedBy: whatEnded(stretch, connections),
    })),
    answerTimes: {
      untouched: answerTimesOf(connections.filter((_, index) => !touched[index])),
      touched: answerTimesOf(connections.filter((_, index) => touched[index])),
    },
    examples: examplesOf(connections),
  };
}

/** Milliseconds to the microsecond, which is what tcpdump prints; a clock that was set back makes none negative. */
const ms = (seconds: number): number => Math.max(0, Math.round(seconds * 1e6) / 1000);

function droppedByKernel(said: string): number {
  const number = /^(\d+) packets? dropped by kernel$/m.exec(said)?.[1];
  if (number === undefined) throw new Error(`tcpdump did not say what it lost: ${said.trim().slice(-80)}`);
  return Number(number);
}

const isRequest = ({ fromServer, length }: SeenPacket): boolean => !fromServer && length > 0;
const isBareAck = ({ fromServer, length, syn, fin, reset }: SeenPacket): boolean =>
  !fromServer && length === 0 && !syn && !fin && !reset;

/**
 * The queue was full for the client's ACK and request; the ACK to the server's last SYN-ACK brought no request with it,
 * and no further SYN-ACK says that it was dropped too. That it was not is more than packets can tell: the queue may have
 * been full still, and the request that came again have completed the handshake.
 */
function wasCompletedEmpty({ packets }: Connection): boolean {
  const last = packets.findLastIndex(({ fromServer, syn, again }) => fromServer && syn && again);
  const [ack, next] = last < 0 ? [] : packets.slice(last + 1).filter(({ fromServer }) => !fromServer);
  return ack !== undefined && isBareAck(ack) && next !== undefined && isRequest(next) && next.again;
}

function waitsOf(backOffs: readonly (readonly BackOff[])[]): Packets['waits'] {
  return (['syn', 'request'] as const).flatMap((what) => {
    const byTurn: number[][] = [];
    for (const ofOne of backOffs) {
      const waits = ofOne.filter((wait) => wait.what === what && wait.sentAgain);
      for (const [turn, { fromS, toS }] of waits.entries()) (byTurn[turn] ??= []).push(ms(toS - fromS));
    }
    return byTurn.map((waits, turn) => ({
      what,
      nth: turn + 1,
      count: waits.length,
      medianMs: quantile(waits, 0.5),
    }));
  });
}

/** Mean number of clients in each bin; the last bin may be shorter than the others, and is left out then. */
function overTime(
  backOffs: readonly BackOff[],
  what: BackOff['what'],
  startS: number,
  endS: number,
): number[] {
  const bins = Array.from({ length: Math.max(0, Math.floor(((endS - startS) * 1000) / binMs)) }, () => 0);
  for (const wait of backOffs) {
    if (wait.what !== what) continue;
    const [from, to] = [wait.fromS, wait.toS].map((atS) => ((atS - startS) * 1000) / binMs);
    for (let bin = Math.floor(from!); bin < Math.min(to!, bins.length); bin += 1) {
      bins[bin]! += Math.min(to!, bin + 1) - Math.max(from!, bin);
    }
  }
  return bins.map((clients) => Math.round(clients * 100) / 100);
}

/** What came last from the client that was answered when a stretch ended. */
function whatEnded(
  { fromS, toS }: QuietStretch,
  connections: readonly Connection[],
): Packets['quiet'][number]['endedBy'] {
  const first = connections.find((connection) => answeredAtS(connection) === toS);
  const again = first?.packets.filter(
    (packet) => packet.again && !packet.fromServer && packet.atS > fromS && packet.atS <= toS,
  );
  if (again?.some(isRequest) === true) return 'request-again';
  return again?.some(({ syn }) => syn) === true ? 'syn-again' : 'other';
}

function answerTimesOf(connections: readonly Connection[]): Packets['answerTimes']['touched'] {
  const times = connections.flatMap((connection) => {
    const [begun, answered] = [begunAtS(connection), answeredAtS(connection)];
    return begun === null || answered === null ? [] : [ms(answered - begun)];
  });
  if (times.length === 0) return null;
  return {
    count: times.length,
    medianMs: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    maxMs: quantile(times, 1),
  };
}

/** The smallest of the values that at least `share` of them do not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

type Example = Packets['examples'][number];

/** The first whole connection of each kind. */
function examplesOf(connections: readonly Connection[]): Example[] {
  const kinds: readonly [Example['kind'], (connection: Connection) => boolean][] = [
    ['completed-empty', wasCompletedEmpty],
    ['request-dropped', (connection) => hasAgain(connection, 'request') && !hasAgain(connection, 'other')],
    ['syn-dropped', (connection) => hasAgain(connection, 'syn') && !hasAgain(connection, 'request')],
  ];
  return kinds.flatMap(([kind, matches]) => {
    const found = connections.find((connection) => isWhole(connection) && matches(connection));
    return found === undefined ? [] : [{ kind, packets: packetsOfExample(found) }];
  });
}

const isWhole = (connection: Connection): boolean =>
  begunAtS(connection) !== null &&
  answeredAtS(connection) !== null &&
  [true, false].every((side) => connection.packets.some(({ fin, fromServer }) => fin && fromServer === side));

/** Whether its client's SYN or request was sent again, or anything else. */
function hasAgain({ packets }: Connection, what: 'syn' | 'request' | 'other'): boolean {
  return packets.some((packet) => {
    if (!packet.again) return false;
    if (packet.fromServer) return what === 'other';
    return what === (packet.syn ? 'syn' : packet.length > 0 ? 'request' : 'other');
  });
}

function packetsOfExample({ packets }: Connection): Example['packets'] {
  return packets.map((packet, index) => ({
    atMs: ms(packet.atS - packets[0]!.atS),
    from: packet.fromServer ? 'server' : 'client',
    what: nameOf(packet),
    bytes: packet.length,
    again: packet.again,
    ignored: !packet.fromServer && wasIgnored(packet, packets.slice(index + 1)),
  }));
}

function nameOf({ syn, fin, reset, length, fromServer }: SeenPacket): Example['packets'][number]['what'] {
  if (reset) return 'RST';
  if (syn) return fromServer ? 'SYN-ACK' : 'SYN';
  if (length > 0) return fromServer ? 'answer' : 'request';
  return fin ? 'FIN' : 'ACK';
}

/**
 * A packet that is sent again before the server says anything was ignored. So was the ACK of a handshake whose request was:
 * a connection that is there acknowledges a request at once.
 */
function wasIgnored(packet: SeenPacket, later: readonly SeenPacket[]): boolean {
  const next = later.find(({ fromServer }) => fromServer);
  const before = next === undefined ? later : later.slice(0, later.indexOf(next));
  if (packet.syn) return before.some(({ syn }) => syn);
  if (packet.length > 0) return before.some(isRequest) || (next?.syn === true && next.again);
  if (!isBareAck(packet)) return false;
  const request = before.find(isRequest);
  return (
    request !== undefined && !request.again && wasIgnored(request, later.slice(later.indexOf(request) + 1))
  );
}
