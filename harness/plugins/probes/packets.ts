import { join } from 'node:path';
import { selectPackets } from '../../core/packet-text.ts';
import { captureNoteSchema, packetsOf, type CaptureNote } from '../../core/packets.ts';
import type { HostSide, Probe, RunningProcess } from '../../core/plugin.ts';
import { noteOf, textOf } from '../../core/raw-texts.ts';
import { asRoot, startUntilItSpeaks } from '../../effects/first-line.ts';

/** With headers of 14, 20 and at most 40 bytes, so that nothing of what is carried is kept. */
const snapBytes = 74;

/** Some seconds of a fast server, 90 MB: a capture that is full says nothing of what comes after it. */
const mostPackets = 1_000_000;

/** What the kernel holds while tcpdump does not get its turn on the server's core. */
const bufferKiB = 32 * 1024;

const limitMs = 10 * 60_000;

const packetsFile = 'tom/packets.txt';
const noteFile = 'tom/packets.note.json';

/**
 * What goes over Tom's device, headers only, from before the load to the end of the window. To capture takes CPU time of
 * the server's core: a repeat that is watched like this says nothing about throughput, and belongs into a condition of
 * its own.
 *
 * Kept are the packets of all connections of which anything was sent twice, and of some others.
 */
const packets: Probe = {
  needsRoot: true,
  summary: 'packets of the connections that had to send something again, from tcpdump in Tom’s network',

  async check(machine) {
    if ((await machine.which('tcpdump')) !== null) return null;
    return { reason: 'tcpdump is not installed', remedy: 'apt-get install tcpdump' };
  },

  async start({ testbed: { tom, port } }) {
    const captured = join(tom.machine.scratchDir, 'packets.pcap');
    const argv = [
      // It would give up root before it makes its file, in a directory that only root may write.
      ...['tcpdump', '-Z', 'root', '-n', '-i', tom.device],
      ...['-s', String(snapBytes), '-B', String(bufferKiB), '-c', String(mostPackets)],
      ...['-w', captured, `tcp port ${port}`],
    ];
    const { running } = await startUntilItSpeaks(asRoot(tom.start), argv, limitMs, {
      stream: 'stderr',
      isReady: (line) => line.includes('listening on'),
    });
    const end = (): ReturnType<RunningProcess['stop']> => running.stop({ signal: 'SIGINT', graceMs: 10_000 });
    return {
      windowEnd: async () => void (await end()),
      async finish() {
        const { exitCode, stderr } = await end();
        if (exitCode !== 0) throw new Error(`tcpdump ended early: ${stderr.trim()}`);
        const { text, ...seen } = selectPackets(await asText(tom, captured), port);
        const note: CaptureNote = { ...seen, quiet: [...seen.quiet], port, said: stderr };
        return { [packetsFile]: text, [noteFile]: JSON.stringify(note) };
      },
      close: async () => void (await end()),
    };
  },

  parse: (raw) => ({
    packets: packetsOf(textOf(raw, packetsFile), noteOf(raw, noteFile, captureNoteSchema)),
  }),
};

export default packets;

/** Through a file: what a process prints is cut off after some megabytes. */
async function asText(tom: HostSide, captured: string): Promise<string> {
  const printed = `${captured}.txt`;
  const script = 'exec tcpdump -tt -n -S -r "$1" > "$2"';
  const result = await tom.run(['sh', '-c', script, 'sh', captured, printed], {
    limitMs: 60_000,
    asRoot: true,
  });
  if (result.exitCode !== 0) throw new Error(`tcpdump: ${(result.startError ?? result.stderr).trim()}`);
  return new TextDecoder().decode(await tom.readBytes(printed));
}
