import { describe, expect, it } from 'vitest';
import { parseCounterPage } from '../../../harness/core/counter-page.ts';

/** A page as the servers write it, with `slots` rows of nine counters. */
function page(slots: readonly (readonly bigint[])[], pids: readonly number[], respawns = 0): Uint8Array {
  const slotOffset = Math.ceil((64 + 4 * slots.length) / 128) * 128;
  const buffer = Buffer.alloc(slotOffset + 128 * slots.length);
  buffer.write('FBCOUNT2', 'latin1');
  buffer.writeUInt32LE(slots.length, 8);
  buffer.writeUInt32LE(slotOffset, 12);
  buffer.writeUInt32LE(respawns, 16);
  pids.forEach((pid, slot) => buffer.writeUInt32LE(pid, 64 + 4 * slot));
  slots.forEach((counts, slot) =>
    counts.forEach((count, index) => buffer.writeBigUInt64LE(count, slotOffset + 128 * slot + 8 * index)),
  );
  return buffer;
}

const parent = [0n, 0n, 0n, 40n, 0n, 0n, 2n, 0n, 0n];
const worker = [30n, 28n, 1848n, 0n, 39n, 35n, 28n, 1n, 4n];

describe('parseCounterPage', () => {
  it('reads each slot with its process', () => {
    expect(parseCounterPage(page([parent, worker], [700, 701], 3))).toEqual({
      respawns: 3,
      slots: [
        {
          pid: 700,
          accepted: 0,
          answered: 0,
          bytesSent: 0,
          noticesSent: 40,
          noticesReceived: 0,
          emptyAccepts: 0,
          eagains: 2,
          errors: 0,
          reuses: 0,
        },
        {
          pid: 701,
          accepted: 30,
          answered: 28,
          bytesSent: 1848,
          noticesSent: 0,
          noticesReceived: 39,
          emptyAccepts: 35,
          eagains: 28,
          errors: 1,
          reuses: 4,
        },
      ],
    });
  });

  it('finds the slots behind more process ids than fit into one cache line', () => {
    const pids = Array.from({ length: 20 }, (_, slot) => 1000 + slot);
    const parsed = parseCounterPage(
      page(
        pids.map((pid) => [BigInt(pid)]),
        pids,
      ),
    );
    expect(parsed.slots.map(({ pid, accepted }) => [pid, accepted])).toEqual(pids.map((pid) => [pid, pid]));
  });

  it('counts beyond 32 bits, and reads a view into a larger buffer', () => {
    const bytes = page([[2n ** 40n]], [1]);
    const larger = Buffer.concat([Buffer.from('xyz'), bytes]);
    expect(parseCounterPage(larger.subarray(3)).slots[0]?.accepted).toBe(2 ** 40);
  });

  it('reads pages of the first layout, which had no reuses and smaller slots', () => {
    const bytes = Buffer.alloc(128 + 2 * 64);
    bytes.write('FBCOUNT1', 'latin1');
    bytes.writeUInt32LE(2, 8);
    bytes.writeUInt32LE(128, 12);
    bytes.writeUInt32LE(700, 64);
    bytes.writeUInt32LE(701, 68);
    bytes.writeBigUInt64LE(30n, 128 + 64);
    bytes.writeBigUInt64LE(7n, 128 + 64 + 56);
    const [first, second] = parseCounterPage(bytes).slots;
    expect(first).toMatchObject({ pid: 700, accepted: 0, errors: 0, reuses: 0 });
    expect(second).toMatchObject({ pid: 701, accepted: 30, errors: 7, reuses: 0 });
  });

  it('refuses what is no page', () => {
    expect(() => parseCounterPage(new Uint8Array())).toThrow('FBCOUNT2');
    expect(() => parseCounterPage(new Uint8Array(4096))).toThrow('FBCOUNT2');
    expect(() => parseCounterPage(page([parent, worker], [1, 2]).subarray(0, 200))).toThrow('too few');
  });

  it('refuses slots that would overlap the process ids', () => {
    const bytes = Buffer.from(page([parent], [1]));
    bytes.writeUInt32LE(64, 12);
    expect(() => parseCounterPage(bytes)).toThrow("can't begin at byte 64");
  });
});
