import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Batch, DigestPart } from '../analysis/digest.ts';
import { rangesOfLines, wholeFile } from '../effects/lines.ts';
import { digestPart } from './digest-part.ts';
import type { FromWorker, PartOfJournal } from './digest-worker.ts';

export interface DigestedJournal {
  readonly parts: readonly DigestPart[];
  readonly torn: boolean;
}

/** From this size of a part on it is worth a thread, which takes some tenths of a second to start. */
const bytesWorthThread = 32 << 20;
/** More threads would take more memory than they save time. */
const threads = 2;

/**
 * Digests a journal, a long one in several threads. `probes` are those that the scenario names. Throws UserError that
 * names file, line and remedy.
 */
export async function digestJournal(
  path: string,
  probes: readonly string[],
  worthThread = bytesWorthThread,
): Promise<DigestedJournal> {
  const ranges = await rangesOfLines(path, threads, worthThread);
  const parts =
    ranges.length > 1 ? await Promise.all(ranges.map((range) => inThread({ path, range, probes }))) : [null];
  const whole = parts.filter((part) => part !== null);
  if (whole.length < parts.length) {
    // A short journal; or a damaged one: only from its start on lines can be counted, to name the one that is wrong.
    return await digestHere(path, probes);
  }
  return { parts: whole.map(({ part }) => part), torn: whole.some(({ torn }) => torn) };
}

async function digestHere(path: string, probes: readonly string[]): Promise<DigestedJournal> {
  const batches: Batch[] = [];
  const { summary, torn } = await digestPart(path, wholeFile, probes, (batch) => batches.push(batch));
  return { parts: [{ batches, summary }], torn };
}

/** Records live for a moment: a small space for what is new keeps a thread small. */
const resourceLimits = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 8 };

/** Null where the part is damaged. */
async function inThread(
  work: PartOfJournal,
): Promise<{ readonly part: DigestPart; readonly torn: boolean } | null> {
  const worker = new Worker(new URL('./digest-thread.mjs', import.meta.url), {
    workerData: work,
    resourceLimits,
  });
  const batches: Batch[] = [];
  let last: Exclude<FromWorker, { kind: 'batch' }> | null = null;
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'batch') batches.push(message.batch);
    else last = message;
  });
  // Rejects where the thread fails by itself.
  await once(worker, 'exit');
  const end = last as Exclude<FromWorker, { kind: 'batch' }> | null;
  return end?.kind === 'done' ? { part: { batches, summary: end.summary }, torn: end.torn } : null;
}
