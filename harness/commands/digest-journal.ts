import type { Batch, DigestPart } from '../analysis/digest.ts';
import { wholeFile } from '../effects/lines.ts';
import { digestPart } from './digest-part.ts';

export interface DigestedJournal {
  readonly parts: readonly DigestPart[];
  readonly torn: boolean;
}

/** Digests a journal. `probes` are those that the scenario names. Throws UserError that names file, line and remedy. */
export async function digestJournal(path: string, probes: readonly string[]): Promise<DigestedJournal> {
  const batches: Batch[] = [];
  const { summary, torn } = await digestPart(path, wholeFile, probes, (batch) => batches.push(batch));
  return { parts: [{ batches, summary }], torn };
}
