import { describe, expect, it } from 'vitest';
import {
  backOffsOf,
  connectionsOf,
  isTouched,
  parsePackets,
  selectPackets,
} from '../../../harness/core/packet-text.ts';
import { packetsOf } from '../../../harness/core/packets.ts';
import { fixture } from '../../support/captured.ts';

/*
 * Lines of a real capture of phenomenon-1: blocking-serial, backlog 5, 200 clients. All connections of some client
 * ports, among them one whose SYN was dropped, one whose request was, and one whose handshake ended without its request.
 */
const text = fixture('tcpdump/full-queue.txt');
const port = 11111;
const selection = selectPackets(text, port);
const { text: kept, ...seen } = selection;
const said = '9999 packets captured\n9999 packets received by filter\n0 packets dropped by kernel\n';
const packets = packetsOf(kept, { ...seen, quiet: [...seen.quiet], port, said });

const lines = text.trimEnd().split('\n');
/** How many lines of a client with these flags come a second time with the same sequence number. */
const repeated = (pattern: RegExp): number => {
  const found = lines.flatMap((line) => pattern.exec(line)?.slice(1).join(' ') ?? []);
  return new Set(found.filter((key, index) => found.indexOf(key) < index)).size;
};

describe('packets as tcpdump prints them', () => {
  it('are all read', () => {
    const all = parsePackets(text, port);
    expect(all).toHaveLength(lines.length);
    expect(packets.packets).toBe(lines.length);
    expect(all.filter(({ fromServer }) => fromServer)).toHaveLength(
      lines.filter((line) => line.includes(`.${port} > `)).length,
    );
  });

  it('that were sent twice are found, by each side', () => {
    expect(packets.synSentAgain).toBe(repeated(/IP (\S+) > \S+: Flags \[S\], seq (\d+)/));
    expect(packets.synAckSentAgain).toBe(repeated(/ > (\S+): Flags \[S\.\], seq (\d+)/));
    expect(packets.requestSentAgain).toBe(
      repeated(/IP (\S+) > \S+\.11111: Flags \[P\.\], seq (\d+):.*length [1-9]/),
    );
    expect(packets.synSentAgain).toBeGreaterThan(0);
    expect(packets.requestSentAgain).toBeGreaterThan(0);
  });

  it('show how long a client waits before it sends each again: whole seconds for a SYN, 200 ms for a request', () => {
    const [syn] = packets.waits.filter(({ what, nth }) => what === 'syn' && nth === 1);
    const [request] = packets.waits.filter(({ what, nth }) => what === 'request' && nth === 1);
    expect(syn!.medianMs).toBeGreaterThan(950);
    expect(syn!.medianMs).toBeLessThan(1100);
    expect(request!.medianMs).toBeGreaterThan(190);
    expect(request!.medianMs).toBeLessThan(300);
  });

  it('give an example of each kind, whole and in order', () => {
    expect(packets.examples.map(({ kind }) => kind)).toEqual([
      'completed-empty',
      'request-dropped',
      'syn-dropped',
    ]);
    for (const { packets: ofOne } of packets.examples) {
      expect(ofOne[0]).toMatchObject({ what: 'SYN', from: 'client', atMs: 0, again: false });
      expect(ofOne.map(({ atMs }) => atMs)).toEqual(ofOne.map(({ atMs }) => atMs).sort((a, b) => a - b));
      expect(ofOne.some(({ what }) => what === 'answer')).toBe(true);
    }
    const [empty, , synDropped] = packets.examples;
    const second = empty!.packets.findLastIndex(({ what, again }) => what === 'SYN-ACK' && again);
    expect(empty!.packets[second + 1]).toMatchObject({ what: 'ACK', bytes: 0 });
    expect(synDropped!.packets[0]!.ignored).toBe(true);
    expect(synDropped!.packets[1]).toMatchObject({ what: 'SYN', again: true });
  });

  it('of connections that nothing happened to are kept for one in fifty', () => {
    const connections = connectionsOf(parsePackets(text, port));
    const untouched = connections.filter((connection) => !isTouched(connection, selection.endS));
    const keptOnes = connectionsOf(parsePackets(kept, port)).filter(
      (connection) => !isTouched(connection, selection.endS),
    );
    expect(untouched.length).toBeGreaterThan(50);
    // Those that end a stretch without an answer are kept as well.
    expect(keptOnes.length).toBeGreaterThanOrEqual(Math.ceil(untouched.length / 50));
    expect(keptOnes.length).toBeLessThanOrEqual(Math.ceil(untouched.length / 50) + selection.quiet.length);
    expect(packets.connections).toBe(connections.length);
  });

  it('that cannot be read are named by their line', () => {
    expect(() => parsePackets(`${lines[0]}\nnonsense\n`, port)).toThrow(/line 2 .* is no packet: nonsense/);
    expect(() => parsePackets(lines[0]!, port + 1)).toThrow(/line 1/);
  });

  it('belong to nobody where tcpdump does not say what it lost', () => {
    expect(() => packetsOf(kept, { ...seen, quiet: [...seen.quiet], port, said: 'tcpdump: killed' })).toThrow(
      'did not say what it lost',
    );
  });
});

/** A line as tcpdump prints it. */
const line = (atS: number, from: 'client' | 'server', flags: string, rest: string): string => {
  const [client, server] = ['192.168.56.3.40000', `192.168.56.2.${port}`];
  const way = from === 'client' ? `${client} > ${server}` : `${server} > ${client}`;
  return `${atS.toFixed(6)} IP ${way}: Flags [${flags}], ${rest}`;
};

describe('a connection', () => {
  it('is another one where its port opens with another sequence number, and the same where a SYN comes again', () => {
    const opened = parsePackets(
      [
        line(1, 'client', 'S', 'seq 10, win 1, length 0'),
        line(2, 'client', 'S', 'seq 10, win 1, length 0'),
        line(3, 'client', 'S', 'seq 99, win 1, length 0'),
      ].join('\n'),
      port,
    );
    const connections = connectionsOf(opened);
    expect(connections.map((connection) => connection.packets.length)).toEqual([2, 1]);
    expect(connections[0]!.packets.map(({ again }) => again)).toEqual([false, true]);
  });

  it('is followed over the end of the sequence numbers', () => {
    const last = 2 ** 32 - 1;
    const [connection] = connectionsOf(
      parsePackets(
        [
          line(1, 'client', 'S', `seq ${last}, win 1, length 0`),
          line(1.1, 'client', 'P.', 'seq 0:10, ack 1, win 1, length 10'),
          line(1.3, 'client', 'P.', 'seq 0:10, ack 1, win 1, length 10'),
        ].join('\n'),
        port,
      ),
    );
    expect(connection!.packets.map(({ again }) => again)).toEqual([false, false, true]);
  });

  it('waits for its timer until the packet is answered, sent again or the capture ends', () => {
    const [connection] = connectionsOf(
      parsePackets(
        [
          line(1, 'client', 'S', 'seq 10, win 1, length 0'),
          line(2, 'client', 'S', 'seq 10, win 1, length 0'),
          line(2.1, 'server', 'S.', 'seq 50, ack 11, win 1, length 0'),
          line(2.2, 'client', 'P.', 'seq 11:21, ack 51, win 1, length 10'),
        ].join('\n'),
        port,
      ),
    );
    expect(backOffsOf(connection!, 3)).toEqual([
      { what: 'syn', fromS: 1, toS: 2, sentAgain: true },
      { what: 'request', fromS: 2.2, toS: 3, sentAgain: false },
    ]);
    expect(backOffsOf(connection!, 2.25)).toHaveLength(1);
  });
});
