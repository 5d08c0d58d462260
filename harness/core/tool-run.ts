import { z } from 'zod';
import type { Finished } from './plugin.ts';
import { loadResultSchema, type LoadResult } from './record.ts';

/** What clients/tools/timed-run says of the program that it ran, as the last line of its output. */
const programEndedSchema = z.object({
  event: z.literal('programEnded'),
  exitCode: z.number().int().min(0).nullable(),
  signal: z.number().int().min(1).nullable(),
  stopped: z.boolean().describe('by us, at the end of its window'),
  windowMs: z.number().min(0),
  cpu: z.object({ userMs: z.number().min(0), systemMs: z.number().min(0) }),
});

/** How a load generator of somebody else's ran, and what it printed. */
export interface ToolRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  /** The number of the signal that ended it. */
  readonly signal: number | null;
  /** CPU time of its whole process tree within the window. */
  readonly cpu: { readonly userMs: number; readonly systemMs: number };
}

/** Takes the output of timed-run apart. Throws an Error when the program hung or its end is not told. */
export function readToolRun(name: string, finished: Finished): ToolRun {
  if (finished.timedOut) throw new Error(`${name} hung and was ended when its time limit was over`);
  const lines = finished.stdout.split('\n');
  const ours = /^\{"event":"(windowStart|windowEnd|programEnded)"/;
  const last = lines.findLast((line) => line.startsWith('{"event":"programEnded"'));
  if (last === undefined) {
    throw new Error(`${name} did not run to its end: ${lastWords(finished)}`);
  }
  const { exitCode, signal, cpu } = parseJsonLine(programEndedSchema, last, name);
  const stdout = lines.filter((line) => !ours.test(line)).join('\n');
  return { stdout, stderr: finished.stderr, exitCode, signal, cpu };
}

/** Throws where a tool did not end as it does after a good run. */
export function throwUnlessEnded(name: string, run: ToolRun): void {
  if (run.exitCode === 0) return;
  const how = run.signal === null ? `exit code ${String(run.exitCode)}` : `signal ${run.signal}`;
  throw new Error(`${name} failed (${how}): ${lastWords(run)}`);
}

/** The last lines that a tool printed, to say why it failed. */
export function lastWords({ stdout, stderr }: Pick<ToolRun, 'stdout' | 'stderr'>): string {
  const lines = (text: string): string[] =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const said = lines(stderr).length > 0 ? lines(stderr) : lines(stdout);
  return said.slice(-3).join('; ') || 'it said nothing';
}

/** The JSON value in one line of `name`'s output; an Error says what is wrong with it. */
export function parseJsonLine<Schema extends z.ZodType>(
  schema: Schema,
  line: string,
  name: string,
): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new Error(`${name} printed a line that is not JSON: ${line.slice(0, 60)}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Error(`${name} printed something else than expected: ${z.prettifyError(parsed.error)}`);
}

/** The result itself; an Error where the tool's figures make none, such as a count that is no number. */
export function soundResult(name: string, result: LoadResult): LoadResult {
  const { error } = loadResultSchema.safeParse(result);
  if (error) throw new Error(`${name} printed figures that cannot be: ${z.prettifyError(error)}`);
  return result;
}

/** Throws where a count and the rate that the tool made of it do not fit: then one of them was not read as printed. */
export function throwUnlessFits(
  name: string,
  { count, seconds, perSecond }: { count: number; seconds: number; perSecond: number },
): void {
  // Rates are printed with two decimals, times with three at least.
  const rounding = 0.01 + perSecond * (0.0006 / seconds + 1e-4);
  if (Math.abs(count / seconds - perSecond) <= rounding) return;
  throw new Error(
    `${name}'s figures contradict each other: ${count} in ${seconds} s, but ${perSecond} a second`,
  );
}

/** A count of failures by cause without those that did not happen. */
export const withoutZeroes = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

/** What a tool without warm-up counted: its window is its whole life, so both parts of the result are the same. */
export function wholeLife(
  durationMs: number,
  counts: { succeeded: number; failed: Record<string, number>; bytes: number | null },
) {
  const { succeeded, failed, bytes } = counts;
  return {
    window: { durationMs, succeeded, failed, bytes, halves: null },
    total: { started: null, connected: null, succeeded, failed, unanswered: null },
    stalled: null,
    connectTime: null,
    responseTime: null,
  };
}
