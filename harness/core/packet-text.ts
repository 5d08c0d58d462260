/*
 * What tcpdump prints of the packets of short connections, one line each, and the connections that they make. Times are
 * seconds since 1970 as tcpdump -tt prints them.
 */

/** One TCP segment. Sequence numbers are absolute (tcpdump -S), modulo 2^32. */
export interface Packet {
  readonly atS: number;
  readonly fromServer: boolean;
  /** Address and port of the client, as tcpdump writes them. */
  readonly client: string;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly reset: boolean;
  /** Of its first byte; null where it carries neither bytes nor SYN nor FIN. */
  readonly seq: number | null;
  readonly ack: number | null;
  /** Bytes of payload. */
  readonly length: number;
}

export interface SeenPacket extends Packet {
  /** All that it carries had been sent before. */
  readonly again: boolean;
}

/** The packets of one client socket, in the order in which they were seen. */
export interface Connection {
  readonly client: string;
  readonly packets: readonly SeenPacket[];
}

const line =
  /^(\d+\.\d{6}) IP (\d+(?:\.\d+){4}) > (\d+(?:\.\d+){4}): Flags \[([A-Z.]+)\](?:, seq (\d+)(?::\d+)?)?(?:, ack (\d+))?.*, length (\d+)$/;

/** The packets in the output of `tcpdump -tt -n -S`. Throws an Error that names the line that is none. */
export function parsePackets(text: string, port: number): Packet[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((written, index) => {
    const [, at, from, to, flags, seq, ack, length] = line.exec(written) ?? [];
    const fromServer = from?.endsWith(`.${port}`) === true;
    if (at === undefined || fromServer === to!.endsWith(`.${port}`)) {
      throw new Error(`line ${index + 1} of tcpdump's output is no packet: ${written.slice(0, 80)}`);
    }
    return {
      atS: Number(at),
      fromServer,
      client: fromServer ? to! : from!,
      syn: flags!.includes('S'),
      fin: flags!.includes('F'),
      reset: flags!.includes('R'),
      seq: seq === undefined ? null : Number(seq),
      ack: ack === undefined ? null : Number(ack),
      length: Number(length),
    };
  });
}

/** How far `a` is ahead of `b`, modulo 2^32 (RFC 9293, section 3.4). */
const ahead = (a: number, b: number): number => (a - b) | 0;

interface Growing {
  readonly client: string;
  readonly packets: SeenPacket[];
  readonly begunWith: number | null;
  /** After the last byte that each side has sent. */
  readonly sent: { server: number | null; client: number | null };
}

/** In the order of their first packets. A port that is used again makes another connection: its SYN has another number. */
export function connectionsOf(packets: readonly Packet[]): Connection[] {
  const latest = new Map<string, Growing>();
  const all: Growing[] = [];
  for (const packet of packets) {
    let growing = latest.get(packet.client);
    const opens = packet.syn && !packet.fromServer;
    if (growing === undefined || (opens && packet.seq !== growing.begunWith)) {
      growing = {
        client: packet.client,
        packets: [],
        begunWith: opens ? packet.seq : null,
        sent: { server: null, client: null },
      };
      latest.set(packet.client, growing);
      all.push(growing);
    }
    growing.packets.push({ ...packet, again: wasSentBefore(packet, growing) });
  }
  return all;
}

/** Whether a packet holds nothing new; takes what is new down. */
function wasSentBefore(packet: Packet, { sent }: Growing): boolean {
  const carried = packet.length + Number(packet.syn) + Number(packet.fin);
  if (packet.seq === null || carried === 0) return false;
  const end = (packet.seq + carried) >>> 0;
  const side = packet.fromServer ? 'server' : 'client';
  const before = sent[side];
  if (before !== null && ahead(end, before) <= 0) return true;
  sent[side] = end;
  return false;
}

/** When the first byte of the answer was sent. */
export const answeredAtS = ({ packets }: Connection): number | null =>
  packets.find(({ fromServer, length }) => fromServer && length > 0)?.atS ?? null;

/** The SYN's own moment; null for a connection that had begun before the capture. */
export const begunAtS = ({ packets: [first] }: Connection): number | null =>
  first?.syn === true && !first.fromServer ? first.atS : null;

/** A packet of a client that the server did not answer, until it was sent again or until the capture ended. */
export interface BackOff {
  readonly what: 'syn' | 'request';
  readonly fromS: number;
  readonly toS: number;
  readonly sentAgain: boolean;
}

/** A client's stack waits at least 200 ms before it sends a packet again, so what is younger may still be answered. */
const shortestS = 0.15;

/** Whenever the client waited for its timer, until `endS`, the end of the capture. */
export function backOffsOf({ packets }: Connection, endS: number): BackOff[] {
  const waits: BackOff[] = [];
  let open: { what: BackOff['what']; fromS: number; end: number } | null = null;
  for (const packet of packets) {
    if (packet.fromServer) {
      if (open !== null && (packet.reset || (packet.ack !== null && ahead(packet.ack, open.end) >= 0)))
        open = null;
      continue;
    }
    if (packet.seq === null || (!packet.syn && packet.length === 0)) continue;
    if (open !== null && packet.again) {
      waits.push({ what: open.what, fromS: open.fromS, toS: packet.atS, sentAgain: true });
    }
    open = {
      what: packet.syn ? 'syn' : 'request',
      fromS: packet.atS,
      end: (packet.seq + packet.length + Number(packet.syn)) >>> 0,
    };
  }
  if (open !== null && endS - open.fromS >= shortestS) {
    waits.push({ what: open.what, fromS: open.fromS, toS: endS, sentAgain: false });
  }
  return waits;
}

/** Whether something went wrong: anything sent twice, unanswered for long, or reset. */
export const isTouched = (connection: Connection, endS: number): boolean =>
  connection.packets.some(({ again, reset }) => again || reset) || backOffsOf(connection, endS).length > 0;

/** A stretch in which the server answered nobody, although somebody waited. */
export interface QuietStretch {
  readonly fromS: number;
  readonly toS: number;
  /** Connections whose SYN had been sent when it began, and whose answer came when it was over or never. */
  readonly waiting: number;
}

/** A server of these answers some thousand requests a second; whoever does not for this long waits for something. */
const quietS = 0.05;

/** Stretches without an answer, from `quietS` on. */
function quietStretches(connections: readonly Connection[]): QuietStretch[] {
  const lives = connections.map((connection) => ({
    begunS: connection.packets[0]!.atS,
    answeredS: answeredAtS(connection),
  }));
  const answers = lives.flatMap(({ answeredS }) => answeredS ?? []).sort((a, b) => a - b);
  return answers.slice(1).flatMap((toS, index): QuietStretch[] => {
    const fromS = answers[index]!;
    if (toS - fromS < quietS) return [];
    const waiting = lives.filter(
      ({ begunS, answeredS }) => begunS <= fromS + quietS && (answeredS === null || answeredS >= toS),
    ).length;
    return waiting === 0 ? [] : [{ fromS, toS, waiting }];
  });
}

/** Of so many connections that nothing happened to, one is kept. */
const keptOneOf = 50;

/** What was left out of a capture, and what it takes all packets to know. */
export interface Selection {
  /** The lines of whole connections: all touched ones, and some of the others. */
  readonly text: string;
  readonly packets: number;
  readonly connections: number;
  /** When the first packet was seen, and the last one. */
  readonly startS: number;
  readonly endS: number;
  readonly quiet: readonly QuietStretch[];
}

/**
 * A capture with most of the connections that nothing happened to left out: these are hundreds of thousands of packets
 * that are all alike. Throws as parsePackets().
 */
export function selectPackets(text: string, port: number): Selection {
  const packets = parsePackets(text, port);
  const connections = connectionsOf(packets);
  const endS = packets.at(-1)?.atS ?? 0;
  const quiet = quietStretches(connections);
  const ends = new Set(quiet.map(({ toS }) => toS));
  let untouched = 0;
  const kept = new Set<Connection>();
  for (const connection of connections) {
    const answered = answeredAtS(connection);
    const wanted = isTouched(connection, endS) || (answered !== null && ends.has(answered));
    if (wanted || untouched++ % keptOneOf === 0) kept.add(connection);
  }
  return {
    text: linesOf(text, packets, connections, kept),
    packets: packets.length,
    connections: connections.length,
    startS: packets[0]?.atS ?? 0,
    endS,
    quiet,
  };
}

function linesOf(
  text: string,
  packets: readonly Packet[],
  connections: readonly Connection[],
  kept: ReadonlySet<Connection>,
): string {
  // A client's packets come in the order of its connections, so how many have come says to which one the next belongs.
  const queues = new Map<string, { connection: Connection; left: number }[]>();
  for (const connection of connections) {
    const queue = queues.get(connection.client) ?? [];
    queue.push({ connection, left: connection.packets.length });
    queues.set(connection.client, queue);
  }
  const lines = text.split('\n');
  return packets
    .flatMap(({ client }, index) => {
      const queue = queues.get(client)!;
      const head = queue[0]!;
      head.left -= 1;
      if (head.left === 0) queue.shift();
      return kept.has(head.connection) ? [`${lines[index]}\n`] : [];
    })
    .join('');
}
