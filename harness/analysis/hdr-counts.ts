import hdr from 'hdr-histogram-js';
import encoding from 'hdr-histogram-js/dist/encoding.js';

/*
 * Counts of HdrHistograms with three significant digits and the unit 1, which is what the harness writes. A histogram of
 * the library is an array of tens of thousands of counts, nearly all of them zero; to make one for each repeat takes
 * most of the time that a report takes. Format: https://github.com/HdrHistogram/HdrHistogram, V2EncodingCookieBase.
 */

/** The buckets that are not empty, by rising index. */
export interface BucketCounts {
  readonly indices: Uint32Array;
  readonly counts: Float64Array;
}

const significantDigits = 3;
/** Values of one bucket that are told apart lie in its upper half, but for the first bucket. */
const halfBucketLength = 1024;
const v2Cookie = 0x1c849303;
const cookieMask = ~0xf0;
const headerLength = 40;
const longestCount = 9;
/** More than values of 64 bits can need. */
const mostBuckets = 64 * halfBucketLength;

/** The counts of a histogram as it is stored, whatever its digits and unit. Throws where it cannot be decoded. */
export function decodeCounts(text: string): BucketCounts {
  const bytes: Uint8Array = encoding.decompress(fromBase64(text));
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isOurs =
    (header.getInt32(0) & cookieMask) === (v2Cookie & cookieMask) &&
    header.getInt32(12) === significantDigits &&
    header.getBigInt64(16) === 1n;
  if (!isOurs) return decodeCounts(inOurBuckets(text));
  const end = headerLength + header.getInt32(4);
  if (end > bytes.length) throw new Error('it ends within its counts');
  return readCounts(bytes, end);
}

function fromBase64(text: string): Uint8Array {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = characters.charCodeAt(at);
  return bytes;
}

/** A histogram of other digits or another unit, as one of ours. */
function inOurBuckets(text: string): string {
  const other = hdr.decodeFromCompressedBase64(text);
  const ours = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: Math.max(2, other.maxValue),
    numberOfSignificantValueDigits: significantDigits,
    bitBucketSize: 64,
  });
  ours.add(other);
  return hdr.encodeIntoCompressedBase64(ours);
}

/** Where counts are put before it is known how many they are. */
const scratch = { indices: new Uint32Array(mostBuckets), counts: new Float64Array(mostBuckets) };

/** Counts one after the other; a negative one stands for so many empty buckets. */
function readCounts(bytes: Uint8Array, end: number): BucketCounts {
  const { indices, counts } = scratch;
  let filled = 0;
  let index = 0;
  let at = headerLength;
  while (at < end) {
    // LEB128 of seven bits a byte, all eight of a ninth, over a zigzag: even numbers are counts, odd ones are negative.
    let zigzag = 0;
    let scale = 1;
    for (let length = 1; ; length += 1) {
      const byte = bytes[at++]!;
      const isLast = byte < 0x80 || length === longestCount;
      zigzag += (byte & (length === longestCount ? 0xff : 0x7f)) * scale;
      if (isLast) break;
      scale *= 0x80;
    }
    if (zigzag % 2 === 1) {
      index += (zigzag + 1) / 2;
      continue;
    }
    if (zigzag > 0) {
      indices[filled] = index;
      counts[filled] = zigzag / 2;
      filled += 1;
    }
    index += 1;
  }
  if (index > mostBuckets) throw new Error('it has more buckets than there can be');
  return { indices: indices.slice(0, filled), counts: counts.slice(0, filled) };
}

/** Counts that are added up, by the index of their bucket. */
export type CountTotals = Float64Array<ArrayBuffer>;

export const noCounts = (): CountTotals => new Float64Array(halfBucketLength);

/** The totals with further counts, or without some that were added before: the same array, or a longer one. */
export function added(totals: CountTotals, { indices, counts }: BucketCounts, sign: 1 | -1 = 1): CountTotals {
  const highest = indices.at(-1) ?? 0;
  let all = totals;
  if (highest >= all.length) {
    all = new Float64Array(2 * highest);
    all.set(totals);
  }
  for (let place = 0; place < indices.length; place += 1) all[indices[place]!]! += sign * counts[place]!;
  return all;
}

/** The buckets of totals that are not empty. */
export function bucketsOf(totals: CountTotals): BucketCounts {
  const { indices, counts } = scratch;
  let filled = 0;
  for (let index = 0; index < totals.length; index += 1) {
    if (totals[index]! <= 0) continue;
    indices[filled] = index;
    counts[filled] = totals[index]!;
    filled += 1;
  }
  return { indices: indices.slice(0, filled), counts: counts.slice(0, filled) };
}

/**
 * For each of the percentiles, which rise: the largest value that cannot be told from the one that so many per cent of all
 * do not exceed; 0 without any.
 */
export function valuesAtPercentiles(
  { indices, counts }: BucketCounts,
  percentiles: readonly number[],
): number[] {
  let total = 0;
  for (let place = 0; place < counts.length; place += 1) total += counts[place]!;
  let place = 0;
  let reached = 0;
  return percentiles.map((percentile) => {
    const exact = (percentile / 100) * total;
    // The product can come out above a whole number that it should be.
    const rank = Math.max(1, Math.ceil(exact - exact * Number.EPSILON));
    while (reached < rank && place < counts.length) reached += counts[place++]!;
    return reached < rank ? 0 : highestValueOf(indices[place - 1]!);
  });
}

function highestValueOf(index: number): number {
  const bucket = Math.max(0, Math.floor(index / halfBucketLength) - 1);
  const withinBucket = index - bucket * halfBucketLength;
  return (withinBucket + 1) * 2 ** bucket - 1;
}
