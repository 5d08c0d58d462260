/** A socket that listens: where, as a server would name the place. */
export interface Listener {
  readonly address: string;
  readonly port: number;
}

/** Of a socket that listens, which is what state 0A says. Its receive queue counts connections that nobody has accepted. */
const listeningRow =
  /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A [0-9A-F]{8}:([0-9A-F]{8}) .*$/gm;

/** The listening sockets in the text of /proc/net/tcp or /proc/net/tcp6 (proc(5)), on a little-endian machine. */
export function parseListeners(text: string): Listener[] {
  return [...text.matchAll(listeningRow)].map(([, address, port]) => ({
    address: addressOf(address!),
    port: Number.parseInt(port!, 16),
  }));
}

/** How many connections are in the accept queue of each of them that has this port. */
export const queueLengths = (text: string, wanted: number): number[] =>
  [...text.matchAll(listeningRow)]
    .filter(([, , port]) => Number.parseInt(port!, 16) === wanted)
    .map(([, , , queue]) => Number.parseInt(queue!, 16));

/** Their lines as they stand there: a busy server leaves thousands of others. */
export const listeningLines = (text: string): string =>
  [...text.matchAll(listeningRow)].map(([line]) => line).join('\n');

/** Addresses are written as 32-bit words, each as the machine holds it. */
function addressOf(hex: string): string {
  const bytes = hex
    .match(/.{8}/g)!
    .flatMap((word) => word.match(/../g)!.toReversed())
    .map((byte) => Number.parseInt(byte, 16));
  if (bytes.length === 4) return bytes.join('.');
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return bytes.slice(12).join('.');
  if (bytes.slice(0, 15).every((byte) => byte === 0)) return bytes[15] === 0 ? '::' : `::${bytes[15]}`;
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[2 * index]! << 8) | bytes[2 * index + 1]!);
  return groups.map((group) => group.toString(16)).join(':');
}
