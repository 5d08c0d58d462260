import { z } from 'zod';
import { messageOf } from '../core/errors.ts';
import type { Finished, Load, LoadRequest } from '../core/plugin.ts';
import {
  jerriesContextSchema,
  jerryName,
  mergeJerries,
  momentsIn,
  type JerriesContext,
} from '../core/jerries.ts';
import { sharesOf } from '../core/load-share.ts';
import { MissingTextError, noteOf, textOf, type RawTexts } from '../core/raw-texts.ts';
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

/** Which hosts made the load, where there are several. */
const jerriesFile = 'load/jerries.json';

/** The directory of a Jerry's raw output: the first one's is at the top, as that of one alone. */
const placeOf = (at: number): string => (at === 0 ? '' : `${jerryName(at)}/`);

/** The part of the raw output of a load that several hosts made: of each as that of one. */
export function spreadLoadTexts(
  finished: readonly Finished[],
  context: JerriesContext,
  serverEnded: string | null,
): RawTexts {
  const texts = finished.flatMap((one, at) =>
    Object.entries(loadTexts(one, serverEnded)).map(([name, text]) => [`${placeOf(at)}${name}`, text]),
  );
  return { ...(Object.fromEntries(texts) as RawTexts), [jerriesFile]: JSON.stringify(context) };
}

/** The result in these texts; throws MissingTextError, or an Error that says why there is none. */
export function loadResultIn(raw: RawTexts, load: Load, request: LoadRequest): LoadResult {
  if (raw[jerriesFile] === undefined) return resultIn(raw, '', load, request);
  const { hosts } = noteOf(raw, jerriesFile, jerriesContextSchema);
  const shares = sharesOf(request, hosts.length);
  return mergeJerries(
    hosts.map(({ concurrency, cores, clockOffsetMs, clockUncertaintyMs }, at) => ({
      result: resultOfJerry(raw, at, load, shares[at]!),
      ...momentsIn(textOf(raw, `${placeOf(at)}${stdoutFile}`), clockOffsetMs),
      concurrency,
      cores,
      clockUncertaintyMs,
    })),
  );
}

function resultOfJerry(raw: RawTexts, at: number, load: Load, share: LoadRequest): LoadResult {
  try {
    return resultIn(raw, placeOf(at), load, share);
  } catch (error) {
    if (error instanceof MissingTextError) throw error;
    throw new Error(`Jerry ${at + 1}: ${messageOf(error)}`, { cause: error });
  }
}

function resultIn(raw: RawTexts, place: string, load: Load, request: LoadRequest): LoadResult {
  const { serverEnded, startError, ...ended } = noteOf(raw, `${place}${loadEndedFile}`, endedSchema);
  if (serverEnded !== null) throw new Error(`the server ended while the load ran: ${serverEnded}`);
  if (startError !== undefined) throw new Error(`the load could not be started: ${startError}`);
  const stdout = textOf(raw, `${place}${stdoutFile}`);
  return load.parse({ ...ended, stdout, stderr: textOf(raw, `${place}${stderrFile}`) }, request);
}

/** A server may log every request: start and end of what it printed are kept. */
export function shortened(text: string): string {
  const half = 16 * 1024;
  if (text.length <= 2 * half) return text;
  const leftOut = text.length - 2 * half;
  return `${text.slice(0, half)}\n[${leftOut} characters left out]\n${text.slice(-half)}`;
}
