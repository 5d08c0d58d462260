import { z } from 'zod';
import { stages } from './errors.ts';
import {
  acceptQueueSchema,
  count,
  cpuSchema,
  jerriesSchema,
  linkUseSchema,
  milliseconds,
  packetsSchema,
  socketsSchema,
  standstillSchema,
  syscallProfileSchema,
  syscallTimesSchema,
} from './readings.ts';

export type {
  AcceptQueue,
  CpuReading,
  LinkUse,
  Packets,
  Sockets,
  Standstill,
  SyscallProfile,
  SyscallTimes,
} from './readings.ts';

/** Version of the record and manifest formats. Raise it when a field changes its meaning; readers keep old ones. */
export const schemaVersion = 2;

/**
 * Versions that can be read. In version 1 a warm-up always lasted as long as planned, no repeat was attempted twice, and
 * a manifest did not list attempts.
 */
export const readableSchema = z.union([z.literal(1), z.literal(schemaVersion)]);

/** What a repeat is measured for. Figures of different passes are never mixed. */
export const passes = ['timed', 'traced', 'ceiling'] as const;

/** One point of the grid. `factors` holds the value of each further factor that a scenario varies. */
export const cellSchema = z.strictObject({
  variant: z.string(),
  load: z.string(),
  concurrency: z.number().int().min(1),
  factors: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});

/** A distribution of times in microseconds; `hdr` is an HdrHistogram V2 compressed encoding in base64. */
const distributionSchema = z.strictObject({
  count,
  meanUs: z.number().min(0),
  maxUs: z.number().min(0),
  hdr: z.string(),
});

/** Of a load that asks for a rate, what became of the requests that were planned to start within the window. */
const openLoopSchema = z.strictObject({
  rate: z.number().positive().describe('requests per second that were asked for'),
  arrivals: z.enum(['constant', 'poisson']),
  seed: count.nullable().describe('of random arrivals'),
  planned: count,
  started: count.describe('by the end of the window'),
  waited: count.describe('of those started: no connection was free when their time came'),
  unstarted: count,
  before: z
    .strictObject({
      planned: count,
      carriedOver: count.describe('not started when the window began'),
      unstarted: count.describe('nor when it ended'),
    })
    .describe('of requests that were to start before the window'),
  oldestUnstartedMs: milliseconds.describe('age at the end of the window'),
  scheduleError: distributionSchema.describe('planned to actual start of those that did not wait'),
  wait: distributionSchema.describe('planned start to a free connection of those that waited'),
});

const failuresByCause = z.record(z.string(), count);

const claimedTime = z.strictObject({ printed: z.string(), us: z.number().min(0) }).nullable();

/** What a tool says itself, right or wrong, as it was printed; `null` where it says nothing. */
export const claimsSchema = z.strictObject({
  rate: z
    .strictObject({
      name: z.string().describe("the tool's word for it"),
      printed: z.string().describe('with its unit'),
      perSecond: z.number().min(0),
    })
    .nullable(),
  latency: z
    .strictObject({
      name: z.string().describe("the tool's word for it"),
      from: z.enum(['connect', 'request']).describe('begins before the connect, or after it'),
      mean: claimedTime,
      p50: claimedTime,
      p99: claimedTime,
      corrected: z.boolean().optional().describe('holds times that were not measured but computed'),
      stepUs: z.number().min(0).describe('the finest difference that it prints'),
    })
    .nullable(),
  failures: z.record(z.string(), count).describe("by the tool's words; they may overlap"),
  sent: count.optional().describe('requests that it says it has sent'),
  clientsLost: count.optional().describe('of its clients, given up in its midst'),
  samples: count.optional().describe('its rate is the mean of so many samples of a second'),
});

/** What a load generator measured, normalised. `null` means that the tool cannot tell: nothing is guessed. */
export const loadResultSchema = z.strictObject({
  warmup: z
    .strictObject({ durationMs: milliseconds, settled: z.boolean().nullable() })
    .optional()
    .describe(
      'as it was; settled: whether the rate was steady at its end, null where its length was fixed; absent where the tool cannot tell',
    ),
  window: z.strictObject({
    durationMs: milliseconds,
    succeeded: count,
    failed: failuresByCause,
    bytes: count.nullable(),
    halves: z
      .tuple([
        z.strictObject({ durationMs: milliseconds, succeeded: count }),
        z.strictObject({ durationMs: milliseconds, succeeded: count }),
      ])
      .nullable(),
  }),
  total: z
    .strictObject({
      started: count.nullable(),
      connected: count.nullable(),
      succeeded: count,
      failed: failuresByCause,
      unanswered: count.nullable(),
    })
    .describe('the whole life of the generator, warm-up and drain included'),
  connectionUse: z
    .strictObject({
      requestsPerConnection: count.describe('at most; 0: as many as the server answers'),
      reused: count.describe('of total.succeeded, on a connection that had brought another response'),
      windowReused: count.describe('of window.succeeded, likewise'),
      reconnects: count.describe('requests sent again, since the server had closed such a connection'),
    })
    .optional()
    .describe('absent where each request had a connection of its own'),
  stalled: z
    .strictObject({ count, connecting: count, oldestMs: milliseconds })
    .nullable()
    .describe('in flight at the end of the window and unanswered after the drain'),
  cpu: z
    .strictObject({ userMs: milliseconds, systemMs: milliseconds })
    .nullable()
    .describe("the generator's own CPU time within the window"),
  connectTime: distributionSchema.nullable(),
  responseTime: distributionSchema
    .nullable()
    .describe(
      'from the start of connect, or at a fixed rate from when the request was to start, to the end of the response',
    ),
  openLoop: openLoopSchema.optional().describe('only of load at a fixed rate'),
  jerries: jerriesSchema
    .optional()
    .describe('where several hosts made the load together: the part of each; all else is of them together'),
  startMs: milliseconds
    .optional()
    .describe('from the start of the first client process until the last one ran, where the load has such'),
  checksResponses: z
    .boolean()
    .optional()
    .describe('whether a request succeeds only with a whole response of the right status and length'),
  claims: claimsSchema
    .optional()
    .describe('what the tool of somebody else says itself, to be held against what was counted'),
  notes: z.array(z.string()).describe('what the tool said or is known to get wrong, one sentence each'),
});

const serverCountsShape = {
  accepted: count,
  answered: count,
  bytesSent: count,
  noticesSent: count,
  noticesReceived: count,
  emptyAccepts: count,
  eagains: count,
  errors: count,
  reuses: count.default(0).describe('requests that began on a connection that had brought one before'),
};

/** What the server counted from ready until the load had ended; one entry a process. */
export const serverCountsSchema = z.strictObject({
  respawns: count,
  processes: z.array(
    z.strictObject({
      role: z.enum(['only', 'parent', 'worker']),
      slot: count,
      pid: count,
      ...serverCountsShape,
    }),
  ),
});

/** Differences of kernel counters from before the load to after it, zeroes left out. */
const counterDelta = z.record(z.string(), z.number().int());
export const kernelCountsSchema = z.strictObject({
  tom: z.strictObject({ tcp: counterDelta, tcpExt: counterDelta }),
  jerry: z.strictObject({ tcp: counterDelta, tcpExt: counterDelta }),
  separate: z
    .boolean()
    .describe('false where Tom and Jerry share one network namespace, so both read the same'),
});

/** What one repeat left behind, success or failure: one line of `records.ndjson`. */
export const recordSchema = z.strictObject({
  schema: readableSchema,
  repeatId: z.string(),
  attempt: z.number().int().min(1).default(1).describe('of its repeat; the last one counts'),
  pass: z
    .enum(passes)
    .describe('timed: throughput and times; traced: syscalls; ceiling: what the load can do, against a sink'),
  block: count.describe('from 1; 0 for other passes than timed'),
  position: count.describe('place in the order in which the repeats really ran, from 1'),
  cell: cellSchema,
  status: z.enum(['ok', 'failed']),
  failure: z
    .strictObject({
      stage: z.enum(stages),
      message: z.string(),
      hostLost: z
        .literal(true)
        .optional()
        .describe('a host could not be reached any more: no result of the cell'),
    })
    .optional(),
  startedAt: z.iso.datetime(),
  elapsedMs: milliseconds.describe('of the whole repeat, set-up and tear-down included'),
  warmupMs: milliseconds,
  windowMs: milliseconds.describe('as planned; load.window.durationMs is as measured'),
  load: loadResultSchema.optional(),
  server: serverCountsSchema.optional(),
  kernel: kernelCountsSchema.optional(),
  cpu: cpuSchema.optional(),
  sockets: socketsSchema.optional(),
  acceptQueue: acceptQueueSchema.optional(),
  link: linkUseSchema.optional(),
  standstill: standstillSchema.optional(),
  packets: packetsSchema.optional(),
  syscalls: z.array(syscallProfileSchema).optional(),
  syscallTimes: z.array(syscallTimesSchema).optional(),
  tracer: z.string().optional().describe('of a traced repeat: the probe that traced'),
  unavailable: z
    .array(z.strictObject({ probe: z.string(), reason: z.string() }))
    .default([])
    .describe('probes that could not watch this repeat, and why'),
  raw: z.string().optional().describe('file with the raw output, relative to the run; a gzipped JSON object'),
});

export type Cell = z.output<typeof cellSchema>;
export type LoadResult = z.output<typeof loadResultSchema>;
export type OpenLoop = z.output<typeof openLoopSchema>;
export type Claims = z.output<typeof claimsSchema>;
export type Distribution = z.output<typeof distributionSchema>;
export type ServerCounts = z.output<typeof serverCountsSchema>;
export type KernelCounts = z.output<typeof kernelCountsSchema>;
export type RepeatRecord = z.output<typeof recordSchema>;

/** The sections of a record that probes fill. */
export type ProbeFields = Pick<
  RepeatRecord,
  | 'server'
  | 'kernel'
  | 'cpu'
  | 'sockets'
  | 'acceptQueue'
  | 'link'
  | 'standstill'
  | 'packets'
  | 'syscalls'
  | 'syscallTimes'
>;

/** A cell's name in files, messages and --json: `blocking-serial/epoll/c10`, factors appended as `/name=value`. */
export function cellId(cell: Cell): string {
  const factors = Object.entries(cell.factors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `/${name}=${String(value)}`);
  return `${cell.variant}/${cell.load}/c${cell.concurrency}${factors.join('')}`;
}

/** How often the listen queue of the server overflowed, from before the load to after it; null: not counted. */
export function listenOverflows({ kernel }: Pick<RepeatRecord, 'kernel'>): number | null {
  return kernel ? (kernel.tom.tcpExt['ListenOverflows'] ?? 0) : null;
}

/** How long the load ran before its window: a warm-up that waits for a steady rate ends when it may. */
export const warmedUpMs = ({ load, warmupMs }: Pick<RepeatRecord, 'load' | 'warmupMs'>): number =>
  load?.warmup?.durationMs ?? warmupMs;

/** Successful requests per second of the measured window; failures are never throughput. */
export function throughput(load: LoadResult): number {
  return load.window.durationMs > 0 ? (load.window.succeeded * 1000) / load.window.durationMs : 0;
}
