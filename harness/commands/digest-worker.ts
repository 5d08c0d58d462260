import { parentPort, workerData } from 'node:worker_threads';
import type { Batch, Summary } from '../analysis/digest.ts';
import { messageOf, UserError } from '../core/errors.ts';
import type { ByteRange } from '../effects/lines.ts';
import { digestPart } from './digest-part.ts';

/* A thread of its own that digests a part of a journal, and hands over batch by batch. */

/** What the thread is to do. */
export interface PartOfJournal {
  readonly path: string;
  readonly range: ByteRange;
  readonly probes: readonly string[];
}

/** What it says. `damaged`: the part cannot be read; whoever reads it from its start is told what is wrong, and where. */
export type FromWorker =
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'done'; readonly summary: Summary; readonly torn: boolean }
  | { readonly kind: 'damaged' };

const say = (message: FromWorker, handedOver: ArrayBuffer[] = []): void =>
  parentPort!.postMessage(message, handedOver);

const { path, range, probes } = workerData as PartOfJournal;
try {
  const hand = (batch: Batch): void => say({ kind: 'batch', batch }, [batch.numbers.buffer]);
  say({ kind: 'done', ...(await digestPart(path, range, probes, hand)) });
} catch (error) {
  if (!(error instanceof UserError)) throw new Error(messageOf(error), { cause: error });
  say({ kind: 'damaged' });
}
