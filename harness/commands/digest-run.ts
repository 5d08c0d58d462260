import { digestOf, type DigestedRun } from '../analysis/digest.ts';
import { readRun } from '../effects/results.ts';

/** A digested run and where it lies. */
export interface StoredDigest extends DigestedRun {
  readonly directory: string;
}

export async function readDigest(directory: string): Promise<StoredDigest> {
  return { ...digestOf(await readRun(directory)), directory };
}
