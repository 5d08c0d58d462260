import { z } from 'zod';
import { decodeHdr, encodeHdr } from './generator-output.ts';
import type { HostSide, Testbed } from './host.ts';
import type { RawTexts } from './raw-texts.ts';
import type { Distribution, LoadResult } from './record.ts';

/*
 * A load that several hosts made, as one: counts are added, histograms merged. Moments are compared on the clock of the
 * harness's machine.
 */

export const jerriesContextSchema = z.strictObject({
  startAtMs: z.number().describe('since 1970 on the clock of the harness: when all were to start'),
  hosts: z.array(
    z.strictObject({
      concurrency: z.number(),
      cores: z.array(z.number()),
      clockOffsetMs: z.number().describe('how far its clock is ahead'),
      clockUncertaintyMs: z.number().min(0).default(0).describe('what that may be wrong by'),
    }),
  ),
});
export type JerriesContext = z.output<typeof jerriesContextSchema>;

/** What the raw output of one of several Jerrys is named after, counted from 0. */
export const jerryName = (at: number): string => (at === 0 ? 'jerry' : `jerry-${at + 1}`);

/** All hosts that make the load together, the first one first. */
export const jerriesOf = ({
  jerry,
  otherJerries = [],
}: Pick<Testbed, 'jerry' | 'otherJerries'>): readonly HostSide[] => [jerry, ...otherJerries];

/** A host, with what its raw output is named after. */
export interface NamedSide {
  readonly name: string;
  readonly side: HostSide;
}

/** Tom, and all hosts that make the load. */
export const namedSides = (testbed: Testbed): readonly NamedSide[] => [
  { name: 'tom', side: testbed.tom },
  ...jerriesOf(testbed).map((side, at) => ({ name: jerryName(at), side })),
];

/** The names of the Jerrys that kept a file of this name, the first one's in any case. */
export function jerriesWith(raw: RawTexts, file: string): string[] {
  const names = [jerryName(0)];
  while (raw[`${jerryName(names.length)}/${file}`] !== undefined) names.push(jerryName(names.length));
  return names;
}

/** Windows that have less of the shorter one in common are not those of one load. */
const leastOverlap = 0.9;

/** Starts that lie further apart are not one start. */
const mostSpreadMs = 10;

const momentSchema = z.object({
  event: z.enum(['start', 'windowStart', 'windowEnd']),
  monotonicNs: z.number(),
  realtimeUs: z.number().optional(),
});

/** What one host made, when it started, and its window, in ms since 1970. */
export interface JerryPart {
  readonly result: LoadResult;
  readonly startedAtMs: number;
  readonly window: { readonly startMs: number; readonly endMs: number };
  readonly concurrency: number;
  readonly cores: readonly number[];
  /** By how much its moments may be wrong, since its clock is another one. */
  readonly clockUncertaintyMs: number;
}

/** The moments in what our generator printed. Throws an Error where one is missing. */
export function momentsIn(stdout: string, clockOffsetMs: number): Pick<JerryPart, 'startedAtMs' | 'window'> {
  const moments = stdout
    .split('\n')
    .slice(0, 3)
    .map((line) => momentSchema.parse(JSON.parse(line)));
  const [start, from, to] = ['start', 'windowStart', 'windowEnd'].map((event) =>
    moments.find((moment) => moment.event === event),
  );
  if (start?.realtimeUs === undefined || from === undefined || to === undefined)
    throw new Error("the generator's output does not tell its start and its window");
  const startedAtMs = start.realtimeUs / 1000 - clockOffsetMs;
  const at = ({ monotonicNs }: { monotonicNs: number }): number =>
    startedAtMs + (monotonicNs - start.monotonicNs) / 1e6;
  return { startedAtMs, window: { startMs: at(from), endMs: at(to) } };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const sumBy = <T>(items: readonly T[], value: (item: T) => number): number => sum(items.map(value));

/** Throws an Error where they did not start together, or their windows overlap too little. */
export function mergeJerries(parts: readonly JerryPart[]): LoadResult {
  const starts = parts.map(({ startedAtMs }) => startedAtMs);
  const startSpreadMs = Math.max(...starts) - Math.min(...starts);
  // A clock that is read wrong makes a late start look like one in time.
  const [a = 0, b = 0] = parts.map((part) => part.clockUncertaintyMs).sort((x, y) => y - x);
  if (startSpreadMs + a + b > mostSpreadMs)
    throw new Error(
      `the Jerrys started ${startSpreadMs.toFixed(1)} ms apart, give or take ${(a + b).toFixed(1)} ms of their clocks; ${mostSpreadMs} ms are allowed`,
    );
  const overlapMs =
    Math.min(...parts.map(({ window }) => window.endMs)) -
    Math.max(...parts.map(({ window }) => window.startMs));
  const shortest = Math.min(...parts.map(({ result }) => result.window.durationMs));
  if (overlapMs < leastOverlap * shortest)
    throw new Error(
      `the windows of the Jerrys have ${Math.max(0, overlapMs).toFixed(0)} ms of ${shortest.toFixed(0)} ms in common, which is too little`,
    );
  const results = parts.map(({ result }) => result);
  const { startMs: _, openLoop: __, ...first } = results[0]!;
  const open = openLoopOf(results);
  return {
    ...first,
    ...(first.warmup === undefined ? {} : { warmup: warmupOf(results) }),
    window: windowOf(results),
    total: {
      started: known(results, ({ total }) => total.started),
      connected: known(results, ({ total }) => total.connected),
      succeeded: sumBy(results, ({ total }) => total.succeeded),
      failed: addedCounts(results.map(({ total }) => total.failed)),
      unanswered: known(results, ({ total }) => total.unanswered),
    },
    ...connectionUseOf(results),
    stalled: stalledOf(results),
    cpu: cpuOf(results),
    connectTime: merged(results.map(({ connectTime }) => connectTime)),
    responseTime: merged(results.map(({ responseTime }) => responseTime)),
    ...(open === undefined ? {} : { openLoop: open }),
    notes: [...new Set(results.flatMap(({ notes }) => notes))],
    jerries: {
      startSpreadMs,
      overlapMs,
      hosts: parts.map(({ result, startedAtMs, concurrency, cores }) => ({
        concurrency,
        cores: [...cores],
        startedAtMs,
        windowMs: result.window.durationMs,
        succeeded: result.window.succeeded,
        failed: sum(Object.values(result.window.failed)),
        cpu: result.cpu,
      })),
    },
  };
}

/** Null where one of them does not know. */
function known(results: readonly LoadResult[], value: (result: LoadResult) => number | null): number | null {
  const values = results.map(value);
  return values.includes(null) ? null : sum(values as number[]);
}

/** Counts of the same name added up. */
export function addedCounts<Name extends string>(
  all: readonly Readonly<Record<Name, number>>[],
): Record<Name, number> {
  const added: Record<string, number> = {};
  for (const [name, count] of all.flatMap((one) => Object.entries<number>(one))) {
    added[name] = (added[name] ?? 0) + count;
  }
  return added;
}

const warmupOf = (results: readonly LoadResult[]) => ({
  durationMs: Math.max(...results.map(({ warmup }) => warmup?.durationMs ?? 0)),
  settled: null,
});

/** Their lengths differ by fractions of a millisecond; the longest one makes no rate too high. */
function windowOf(results: readonly LoadResult[]): LoadResult['window'] {
  const windows = results.map(({ window }) => window);
  const halves = windows.map((window) => window.halves);
  const half = (at: 0 | 1) => ({
    durationMs: Math.max(...halves.map((pair) => pair?.[at].durationMs ?? 0)),
    succeeded: sumBy(halves, (pair) => pair?.[at].succeeded ?? 0),
  });
  return {
    durationMs: Math.max(...windows.map(({ durationMs }) => durationMs)),
    succeeded: sumBy(windows, ({ succeeded }) => succeeded),
    failed: addedCounts(windows.map(({ failed }) => failed)),
    bytes: known(results, ({ window }) => window.bytes),
    halves: halves.includes(null) ? null : [half(0), half(1)],
  };
}

function stalledOf(results: readonly LoadResult[]): LoadResult['stalled'] {
  const all = results.map(({ stalled }) => stalled);
  if (all.includes(null)) return null;
  return {
    count: sumBy(all, (one) => one!.count),
    connecting: sumBy(all, (one) => one!.connecting),
    oldestMs: Math.max(...all.map((one) => one!.oldestMs)),
  };
}

function cpuOf(results: readonly LoadResult[]): LoadResult['cpu'] {
  const all = results.map(({ cpu }) => cpu);
  if (all.includes(null)) return null;
  return { userMs: sumBy(all, (one) => one!.userMs), systemMs: sumBy(all, (one) => one!.systemMs) };
}

function connectionUseOf(results: readonly LoadResult[]): Pick<LoadResult, 'connectionUse'> {
  const uses = results.flatMap(({ connectionUse }) => connectionUse ?? []);
  if (uses.length !== results.length) return {};
  return {
    connectionUse: {
      requestsPerConnection: uses[0]!.requestsPerConnection,
      reused: sumBy(uses, ({ reused }) => reused),
      windowReused: sumBy(uses, ({ windowReused }) => windowReused),
      reconnects: sumBy(uses, ({ reconnects }) => reconnects),
    },
  };
}

function openLoopOf(results: readonly LoadResult[]): LoadResult['openLoop'] {
  const all = results.flatMap(({ openLoop }) => openLoop ?? []);
  if (all.length !== results.length) return undefined;
  const total = (value: (one: (typeof all)[number]) => number): number => sumBy(all, value);
  return {
    ...all[0]!,
    // Shares of a rate as it was asked for: what adding them up gets wrong lies behind the sixth digit.
    rate: Math.round(total(({ rate }) => rate) * 1e6) / 1e6,
    planned: total(({ planned }) => planned),
    started: total(({ started }) => started),
    waited: total(({ waited }) => waited),
    unstarted: total(({ unstarted }) => unstarted),
    before: {
      planned: total(({ before }) => before.planned),
      carriedOver: total(({ before }) => before.carriedOver),
      unstarted: total(({ before }) => before.unstarted),
    },
    oldestUnstartedMs: Math.max(...all.map(({ oldestUnstartedMs }) => oldestUnstartedMs)),
    scheduleError: merged(all.map(({ scheduleError }) => scheduleError))!,
    wait: merged(all.map(({ wait }) => wait))!,
  };
}

/** The times of all together. Null where one of them has none to tell. */
function merged(parts: readonly (Distribution | null)[]): Distribution | null {
  const all = parts.flatMap((part) => part ?? []);
  if (all.length !== parts.length) return null;
  const count = sumBy(all, (part) => part.count);
  const [histogram, ...others] = all.map(({ hdr }) => decodeHdr(hdr));
  for (const other of others) histogram!.add(other);
  return {
    count,
    meanUs: count === 0 ? 0 : sumBy(all, (part) => part.count * part.meanUs) / count,
    maxUs: Math.max(...all.map(({ maxUs }) => maxUs)),
    hdr: encodeHdr(histogram!),
  };
}
