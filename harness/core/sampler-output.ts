import { z } from 'zod';
import { noteOf, type RawTexts } from './raw-texts.ts';
import type { AcceptQueue, Sockets } from './record.ts';

/** What probes/sampler.cc prints: a line when it has begun, and all that it saw as one line when it is told to end. */

const cell = z.number().nullable();

/** One sample a row; the first column is a time of CLOCK_MONOTONIC in microseconds. */
const series = z
  .strictObject({ columns: z.array(z.string()), rows: z.array(z.array(cell)) })
  .refine(({ columns }) => columns[0] === 'atUs', 'the first column is not atUs')
  .refine(({ columns, rows }) => rows.every((row) => row.length === columns.length), 'rows of another length')
  .refine(({ rows }) => rows.every((row) => row[0] !== null), 'a sample without a time');

const samplesSchema = z.strictObject({
  event: z.literal('samples'),
  schema: z.literal(1),
  intervalMs: z.number().positive(),
  cpu: z.strictObject({ userMs: z.number().min(0), systemMs: z.number().min(0) }),
  counters: series,
  queue: series.optional(),
  states: series.optional(),
  syscalls: z
    .record(z.string(), z.string())
    .optional()
    .describe('names of those that stand in the column sleepsIn, by their numbers'),
});

export type Samples = z.output<typeof samplesSchema>;
type Series = z.output<typeof series>;

/** From and to in microseconds of CLOCK_MONOTONIC. */
export interface Span {
  readonly fromUs: number;
  readonly toUs: number;
}

/** A window as it is kept beside the samples; null where nobody said when it started or ended. */
const windowSchema = z.strictObject({ fromUs: z.number().nullable(), toUs: z.number().nullable() });

export const windowNote = (window: z.output<typeof windowSchema>): string => JSON.stringify(window);

/** The span of a window that was noted in the raw output. Throws an Error where it was not. */
export function spanIn(raw: RawTexts, name: string): Span {
  const { fromUs, toUs } = noteOf(raw, name, windowSchema);
  return { fromUs: fromUs ?? 0, toUs: toUs ?? Infinity };
}

/** The samples in a sampler's standard output. Throws an Error that says what is wrong with it. */
export function parseSamples(stdout: string): Samples {
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new Error(`the sampler's output does not end with its samples: ${line.slice(0, 60)}`);
  }
  const parsed = samplesSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Error(`the sampler's output: ${z.prettifyError(parsed.error).replace(/\s*\n\s*/g, ' ')}`);
}

/** The values of a column within a span, nulls included; throws where there is no such column. */
export function columnIn({ columns, rows }: Series, name: string, { fromUs, toUs }: Span): (number | null)[] {
  const index = columns.indexOf(name);
  if (index < 0) throw new Error(`the sampler's output has no column ${name}`);
  return rows.filter(([atUs]) => atUs! >= fromUs && atUs! <= toUs).map((row) => row[index]!);
}

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
const largest = (values: readonly number[]): number => values.reduce((max, value) => Math.max(max, value), 0);

/** Stretches over which answers are counted, to see whether they come evenly. */
const stretchUs = 200_000;

/**
 * What the samples of a queue say of a span. Throws an Error where no sample lies in it.
 */
export function acceptQueueOf(samples: Samples, span: Span): AcceptQueue {
  if (!samples.queue) throw new Error('the sampler was not asked for a queue');
  const take = (name: string): (number | null)[] => columnIn(samples.queue!, name, span);
  const lengths = known(take('length'));
  const limits = known(take('limit'));
  const count = lengths.length;
  if (count === 0) throw new Error('no sample of the accept queue lies within the window');
  const runnable = take('runnable');
  const tasks = take('tasks');
  const isSleeping = lengths.map((length, at) => length > 0 && runnable[at] === 0 && tasks[at] !== 0);
  const calls = take('sleepsIn');
  const answered = take('answered');
  // Two short sleeps look like a long one unless one looks for what happened in between.
  const isBlocked = isSleeping.map(
    (sleeping, at) =>
      sleeping &&
      at > 0 &&
      isSleeping[at - 1]! &&
      answered[at] !== null &&
      answered[at] === answered[at - 1] &&
      calls[at] === calls[at - 1],
  );
  const knowsAnswers = answered.every((count) => count !== null);
  const sleptIn: Record<string, number> = {};
  for (const [at, number] of calls.entries()) {
    if (!isSleeping[at]) continue;
    const name = samples.syscalls?.[String(number)] ?? 'unknown';
    sleptIn[name] = (sleptIn[name] ?? 0) + 1;
  }
  const watchesTasks = runnable.some((value) => value !== null);
  const share = (which: readonly boolean[]): number => which.filter(Boolean).length / count;
  return {
    samples: count,
    intervalMs: samples.intervalMs,
    limit: largest(limits),
    meanLength: mean(lengths),
    maxLength: largest(lengths),
    waitingShare: share(lengths.map((length) => length > 0)),
    fullShare: share(lengths.map((length, at) => length > 0 && length >= limits[at]!)),
    sleepingShare: watchesTasks ? share(isSleeping) : null,
    sleptIn,
    blockedShare: watchesTasks && knowsAnswers ? share(isBlocked) : null,
    longestBlockMs: watchesTasks && knowsAnswers ? longestRun(isBlocked) * samples.intervalMs : null,
    answersPerSecond: answerRates(samples.queue, span),
    samplerCpuMs: samples.cpu.userMs + samples.cpu.systemMs,
  };
}

function longestRun(which: readonly boolean[]): number {
  let longest = 0;
  let length = 0;
  for (const one of which) {
    length = one ? length + 1 : 0;
    longest = Math.max(longest, length);
  }
  return longest;
}

/** Answers a second in each stretch of a span; the last, shorter one is left out. */
export function ratesOver(queue: Series, span: Span): { atUs: number; perSecond: number }[] {
  const times = known(columnIn(queue, 'atUs', span));
  const answered = columnIn(queue, 'answered', span);
  const rates: { atUs: number; perSecond: number }[] = [];
  let first = 0;
  for (const [at, timeUs] of times.entries()) {
    const [from, to] = [answered[first], answered[at]];
    if (timeUs - times[first]! < stretchUs || from == null || to == null) continue;
    rates.push({ atUs: times[first]!, perSecond: ((to - from) * 1e6) / (timeUs - times[first]!) });
    first = at;
  }
  return rates;
}

function answerRates(queue: Series, span: Span): AcceptQueue['answersPerSecond'] {
  const rates = ratesOver(queue, span).map(({ perSecond }) => perSecond);
  if (rates.length === 0) return null;
  return { min: Math.min(...rates), max: largest(rates) };
}

/** Mean and maximum of the sockets in each TCP state within a span; states that never occurred are left out. */
export function statesOf(samples: Samples, span: Span): NonNullable<Sockets['states']>['tom'] {
  const { states, counters } = samples;
  const names = states?.columns.filter((name) => name !== 'atUs' && name !== 'timeWait') ?? [];
  const values = new Map(names.map((name) => [name, known(columnIn(states!, name, span))]));
  values.set('timeWait', known(columnIn(counters, 'timeWait', span)));
  return Object.fromEntries(
    [...values]
      .filter(([, seen]) => largest(seen) > 0)
      .map(([name, seen]) => [name, { mean: mean(seen), max: largest(seen) }]),
  );
}
