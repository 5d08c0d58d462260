import { z } from 'zod';
import type { Finished, Load, LoadRequest } from '../core/plugin.ts';
import { noteOf, textOf, type RawTexts } from '../core/raw-texts.ts';
import type { LoadResult } from '../core/record.ts';

const endedSchema = z.strictObject({
  command: z.string(),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  timedOut: z.boolean(),
  startError: z.string().optional(),
  serverEnded: z.string().nullable().describe('how the server ended while the load ran; null: it did not'),
});

/** How a load ended, beside what it printed. */
const loadEndedFile = 'load/ended.json';

const [stdoutFile, stderrFile] = ['load/stdout.txt', 'load/stderr.txt'];

/** A load's part of the raw output; `serverEnded` tells how the server ended meanwhile, null where it did not. */
export function loadTexts(finished: Finished, serverEnded: string | null): RawTexts {
  const { stdout, stderr, command, exitCode, signal, timedOut, startError } = finished;
  const ended: z.output<typeof endedSchema> = {
    ...{ command, exitCode, signal, timedOut, serverEnded },
    ...(startError === undefined ? {} : { startError }),
  };
  return { [stdoutFile]: stdout, [stderrFile]: stderr, [loadEndedFile]: JSON.stringify(ended) };
}

/** The result in these texts; throws MissingTextError, or an Error that says why there is none. */
export function loadResultIn(raw: RawTexts, load: Load, request: LoadRequest): LoadResult {
  const { serverEnded, startError, ...ended } = noteOf(raw, loadEndedFile, endedSchema);
  if (serverEnded !== null) throw new Error(`the server ended while the load ran: ${serverEnded}`);
  if (startError !== undefined) throw new Error(`the load could not be started: ${startError}`);
  return load.parse({ ...ended, stdout: textOf(raw, stdoutFile), stderr: textOf(raw, stderrFile) }, request);
}
