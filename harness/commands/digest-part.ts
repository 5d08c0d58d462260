import { Digester, type Batch, type Summary } from '../analysis/digest.ts';
import type { ByteRange } from '../effects/lines.ts';
import { forEachRecord } from '../effects/results.ts';

/** Digests the lines that begin within a range of a journal. Throws UserError, with lines counted from the range's first. */
export async function digestPart(
  path: string,
  range: ByteRange,
  probes: readonly string[],
  hand: (batch: Batch) => void,
): Promise<{ readonly summary: Summary; readonly torn: boolean }> {
  const digester = new Digester(probes, hand);
  const torn = await forEachRecord(path, (record, start) => digester.take(record, start), range);
  return { summary: digester.end(), torn };
}
