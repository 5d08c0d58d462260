import { open, stat } from 'node:fs/promises';

/** A part of a file, in bytes; `end` is not part of it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export const wholeFile: ByteRange = { start: 0, end: Infinity };

/** So much is read at once. */
const blockBytes = 1 << 20;
const newline = 0x0a;

/**
 * Gives each whole line that begins within the range to `take`, with its number within the range, from 1, and its first
 * byte in the file. The range begins where a line does. Resolves with whether the file ends within a line, if that line
 * is one of the range's; it is not given to `take`.
 */
export async function forEachLine(
  path: string,
  { start, end }: ByteRange,
  take: (text: string, line: number, startByte: number) => void,
): Promise<{ readonly torn: boolean }> {
  const file = await open(path);
  try {
    const block = Buffer.allocUnsafe(blockBytes);
    let begun: Buffer = Buffer.alloc(0);
    let lineStart = start;
    let position = start;
    for (let line = 1; lineStart < end;) {
      const { bytesRead } = await file.read(block, 0, blockBytes, position);
      if (bytesRead === 0) return { torn: lineStart < position };
      let from = 0;
      while (lineStart < end) {
        const to = block.indexOf(newline, from);
        if (to < 0 || to >= bytesRead) break;
        const rest = block.subarray(from, to);
        const text = begun.length === 0 ? rest.toString() : Buffer.concat([begun, rest]).toString();
        begun = Buffer.alloc(0);
        take(text, line, lineStart);
        line += 1;
        from = to + 1;
        lineStart = position + from;
      }
      // A copy: the block is filled again. What a line has in common with several blocks is rare.
      begun = Buffer.concat([begun, block.subarray(from, bytesRead)]);
      position += bytesRead;
    }
    return { torn: false };
  } finally {
    await file.close();
  }
}

/**
 * Cuts a file at beginnings of lines into parts of about equal size: at most so many, and of at least so many bytes each.
 * None where there is no such file.
 */
export async function rangesOfLines(path: string, most: number, leastBytes: number): Promise<ByteRange[]> {
  const size = await stat(path).then(
    (file) => file.size,
    () => 0,
  );
  const parts = Math.min(most, Math.floor(size / leastBytes));
  if (parts < 2) return size > 0 ? [{ start: 0, end: size }] : [];
  const file = await open(path);
  try {
    const cuts = [0];
    for (let part = 1; part < parts; part += 1) {
      const cut = await lineAfter(file, Math.floor((size * part) / parts));
      if (cut !== null && cut > cuts.at(-1)! && cut < size) cuts.push(cut);
    }
    return cuts.map((start, at) => ({ start, end: cuts[at + 1] ?? size }));
  } finally {
    await file.close();
  }
}

/** Where the first line begins after the one that this byte belongs to; null where that is the last one. */
async function lineAfter(file: Awaited<ReturnType<typeof open>>, byte: number): Promise<number | null> {
  const block = Buffer.allocUnsafe(1 << 16);
  for (let position = byte; ;) {
    const { bytesRead } = await file.read(block, 0, block.length, position);
    if (bytesRead === 0) return null;
    const at = block.subarray(0, bytesRead).indexOf(newline);
    if (at >= 0) return position + at + 1;
    position += bytesRead;
  }
}
