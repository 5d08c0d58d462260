import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';
import { z } from 'zod';
import type { Distribution } from './record.ts';

/** What our generator prints: one JSON object a line, the result last. */

const count = z.number().int().min(0);
const milliseconds = z.number().min(0);

const countByCause = z.partialRecord(
  z.enum([
    'connectRefused',
    'connectTimedOut',
    'reset',
    'closedEarly',
    'badStatus',
    'wrongLength',
    'malformed',
    'noLocalPort',
    'other',
  ]),
  count,
);

/** Sparse buckets of an HDR histogram, ascending: the lowest value of each in microseconds, and its count. */
export type Buckets = readonly (readonly [lowestUs: number, count: number])[];

const timesSchema = z
  .strictObject({
    count,
    mean: z.number().min(0),
    max: count,
    buckets: z.array(z.tuple([count, count.min(1)])),
  })
  .refine((times) => sum(times.buckets.map(([, n]) => n)) === times.count, 'buckets do not add up to count')
  .refine(
    ({ buckets }) => buckets.every(([lowest], i) => i === 0 || lowest > buckets[i - 1]![0]),
    'buckets are not in ascending order',
  );

const halfSchema = z.strictObject({ succeeded: count, durationMs: milliseconds });

const openLoopSchema = z
  .strictObject({
    rate: z.number().positive().describe('requests per second that were asked for'),
    arrivals: z.enum(['constant', 'poisson']),
    seed: count.nullable().describe('of random arrivals'),
    planned: count.describe('to start within the window'),
    started: count.describe('of these, by the end of the window'),
    waited: count.describe('of those started: no connection was free when their time came'),
    unstarted: count,
    before: z
      .strictObject({
        planned: count,
        carriedOver: count.describe('of these, not started when the window began'),
        unstarted: count.describe('of these, nor when it ended'),
      })
      .describe('to start before the window'),
    oldestUnstartedMs: milliseconds.describe('its age at the end of the window'),
    scheduleErrorUs: timesSchema.describe('planned to actual start of those that did not wait'),
    waitUs: timesSchema.describe('planned start to a free connection of those that waited'),
  })
  .refine(
    ({ planned, started, unstarted }) => planned === started + unstarted,
    'planned is not the sum of started and unstarted',
  )
  .refine(({ waited, waitUs }) => waited === waitUs.count, 'waited and waitUs differ')
  .refine(
    ({ started, waited, scheduleErrorUs }) => started === waited + scheduleErrorUs.count,
    'scheduleErrorUs does not hold as many times as requests started without waiting',
  )
  .refine(
    ({ before }) => before.unstarted <= before.carriedOver && before.carriedOver <= before.planned,
    'more requests were carried over than planned, or left over than carried over',
  )
  .refine(
    // First come, first served.
    ({ before, started }) => before.unstarted === 0 || started === 0,
    'a request started before one that was planned earlier',
  );

const resultSchema = z
  .strictObject({
    event: z.literal('result'),
    schema: z.literal(1),
    engine: z.string(),
    connections: count.min(1),
    warmup: z
      .strictObject({
        durationMs: milliseconds,
        settled: z.boolean().nullable().describe('null where its length was fixed'),
      })
      .optional()
      .describe('older generators do not tell'),
    windowMs: z.number().positive(),
    window: z.strictObject({
      succeeded: count,
      failed: countByCause,
      bytes: count,
      firstHalf: halfSchema,
      secondHalf: halfSchema,
    }),
    total: z.strictObject({
      started: count,
      connected: count,
      succeeded: count,
      failed: countByCause,
      unanswered: count,
    }),
    stalled: z.strictObject({
      count,
      connecting: count.describe('of these, without a handshake'),
      oldestMs: milliseconds,
      agesMs: z.array(z.tuple([count, count.min(1)])),
    }),
    lostClients: count.describe('client processes that something else ended'),
    startMs: milliseconds
      .optional()
      .describe(
        'from the start of the first client process until the last one ran; only where there are any',
      ),
    cpu: z.strictObject({ userMs: milliseconds, systemMs: milliseconds }),
    connectTimeUs: timesSchema,
    responseTimeUs: timesSchema,
    connectionUse: z
      .strictObject({
        requestsPerConnection: count.describe('at most; 0: as many as the server answers'),
        reused: count.describe('requests that succeeded on a connection which had brought another response'),
        windowReused: count.describe('of these, within the window'),
        reconnects: count.describe('requests sent again, since the server had closed such a connection'),
      })
      .optional()
      .describe('where a connection may carry several requests'),
    openLoop: openLoopSchema.optional().describe('of load at a fixed rate only'),
  })
  .refine(
    ({ total }) => total.started === total.succeeded + sum(Object.values(total.failed)) + total.unanswered,
    'total.started is not the sum of what became of the requests',
  )
  .refine(({ total, stalled }) => total.unanswered === stalled.count, 'unanswered and stalled differ')
  .refine(
    ({ window }) => window.succeeded === window.firstHalf.succeeded + window.secondHalf.succeeded,
    'the halves of the window do not add up to it',
  )
  .refine(
    // A client that is killed can have recorded the times of a request that it did not come to count.
    ({ window, lostClients, connectTimeUs, responseTimeUs, connectionUse }) =>
      lostClients > 0 ||
      (connectTimeUs.count === window.succeeded - (connectionUse?.windowReused ?? 0) &&
        responseTimeUs.count === window.succeeded),
    'the histograms do not hold as many times as requests succeeded within the window',
  )
  .refine(
    ({ openLoop, total }) =>
      openLoop === undefined ||
      total.started === openLoop.started + openLoop.before.planned - openLoop.before.unstarted,
    'total.started is not what was planned and started',
  );

const eventSchema = z.strictObject({
  event: z.enum(['windowStart', 'windowEnd']),
  // Not int(): after 104 days of uptime these nanoseconds leave the range of exact integers.
  monotonicNs: z.number().min(0),
});

const expectedEvents = ['windowStart', 'windowEnd', 'result'] as const;

export type GeneratorResult = z.output<typeof resultSchema>;
export type GeneratedOpenLoop = z.output<typeof openLoopSchema>;

/** The result in the generator's standard output. Throws an Error that says which line is wrong, and in what. */
export function parseGeneratorOutput(stdout: string): GeneratorResult {
  const lines = stdout.split('\n');
  if (lines.at(-1) === '') lines.pop();
  // Only where it was told when to start.
  if (lines[0]?.startsWith('{"event":"start"') === true) lines.shift();
  let result: GeneratorResult | undefined;
  for (const [index, expected] of expectedEvents.entries()) {
    const line = lines[index];
    if (line === undefined) throw new Error(`the generator's output ends before its ${expected} line`);
    const where = `line ${index + 1} of the generator's output (${shortened(line)})`;
    if (expected === 'result') result = check(resultSchema, line, where);
    else if (check(eventSchema, line, where).event !== expected)
      throw new Error(`${where} is not ${expected}`);
  }
  if (lines.length > expectedEvents.length) {
    throw new Error(
      `the generator's output goes on after the result: ${shortened(lines[expectedEvents.length]!)}`,
    );
  }
  return result!;
}

function check<Schema extends z.ZodType>(schema: Schema, line: string, where: string): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new Error(`${where} is not JSON`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  throw new Error(`${where}: ${issues.join('; ')}`);
}

const shortened = (line: string): string => (line.length <= 60 ? line : `${line.slice(0, 60)}…`);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** The buckets of several histograms as those of one. */
export function mergeBuckets(...histograms: readonly Buckets[]): Buckets {
  const merged = new Map<number, number>();
  for (const [lowest, n] of histograms.flat()) merged.set(lowest, (merged.get(lowest) ?? 0) + n);
  return [...merged].sort(([a], [b]) => a - b);
}

/** Buckets as a histogram in the generator's own layout: 3 significant digits, 1 us to 10 minutes. */
export function toHdr(buckets: Buckets): Histogram {
  const histogram = build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 600_000_000,
    numberOfSignificantValueDigits: 3,
  });
  for (const [lowest, n] of buckets) histogram.recordValueWithCount(lowest, n);
  return histogram;
}

/** HdrHistogram's compressed V2 encoding, in base64. */
export const encodeHdr = (histogram: Histogram): string => encodeIntoCompressedBase64(histogram);

/** The inverse of `encodeHdr`. */
export const decodeHdr = (encoded: string): Histogram => decodeFromCompressedBase64(encoded, 64);

/** Times as a record keeps them. Mean and maximum are the exact ones, not those of the buckets. */
export const encodeDistribution = (times: GeneratorResult['responseTimeUs']): Distribution => ({
  count: times.count,
  meanUs: times.mean,
  maxUs: times.max,
  hdr: encodeHdr(toHdr(times.buckets)),
});
