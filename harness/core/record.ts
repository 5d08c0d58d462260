import { z } from 'zod';
import { stages } from './errors.ts';

/** Version of the record and manifest formats. Raise it when a field changes its meaning; readers keep old ones. */
export const schemaVersion = 1;

/** What a repeat is measured for. Figures of different passes are never mixed. */
export const passes = ['timed', 'traced', 'ceiling'] as const;

const count = z.number().int().min(0);
const milliseconds = z.number().min(0);

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

const failuresByCause = z.record(z.string(), count);

/** What a load generator measured, normalised. `null` means that the tool cannot tell: nothing is guessed. */
export const loadResultSchema = z.strictObject({
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
    .describe('from the start of connect to the end of the response'),
  checksResponses: z
    .boolean()
    .optional()
    .describe('whether a request succeeds only with a whole response of the right status and length'),
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

export const cpuSchema = z.strictObject({
  windowMs: milliseconds,
  processes: z
    .array(
      z.strictObject({
        host: z.enum(['tom', 'jerry', 'harness']),
        role: z.string(),
        pid: count,
        userMs: milliseconds,
        systemMs: milliseconds,
        runMs: milliseconds.describe('time on a core, from schedstat'),
        waitMs: milliseconds.describe('time runnable but not running, from schedstat'),
        voluntarySwitches: count.optional().describe('times it gave up its core, to wait for something'),
        involuntarySwitches: count.optional().describe('times its core was taken from it'),
      }),
    )
    .describe("of the window; the CPU time of Jerry's generator is what it reports itself, in load.cpu"),
  throttled: z
    .strictObject({ serverMs: milliseconds.nullable(), generatorMs: milliseconds.nullable() })
    .optional()
    .describe('time for which a control group with a quota held processes back, within the window'),
  pressure: z
    .strictObject({ cpuMs: milliseconds, ioMs: milliseconds, memoryMs: milliseconds })
    .nullable()
    .optional()
    .describe(
      "time within the window in which some task of the whole machine had to wait, from the kernel's pressure stall information",
    ),
  otherCoresBusy: z
    .number()
    .min(0)
    .nullable()
    .optional()
    .describe('cores outside of both hosts that were busy on average; null where there is none'),
  cores: z.array(
    z.strictObject({
      core: count,
      hosts: z.array(z.enum(['tom', 'jerry'])),
      userMs: milliseconds,
      systemMs: milliseconds,
      softirqMs: milliseconds,
      irqMs: milliseconds,
      idleMs: milliseconds,
      iowaitMs: milliseconds,
      stealMs: milliseconds,
    }),
  ),
});

const socketStateSchema = z.strictObject({ inUse: count, timeWait: count, orphan: count });

/** Sockets in a TCP state over time, of a few looks. */
const overTime = z.strictObject({ mean: z.number().min(0), max: count });
export const socketsSchema = z.strictObject({
  tom: socketStateSchema,
  jerry: socketStateSchema,
  jerryPorts: z.strictObject({ first: count, last: count }),
  states: z
    .strictObject({ tom: z.record(z.string(), overTime), jerry: z.record(z.string(), overTime) })
    .optional()
    .describe('by TCP state, within the window; states that never occurred left out'),
});

/** What a sampler saw of a listen queue within the window. Lengths are in connections, shares of its samples. */
export const acceptQueueSchema = z.strictObject({
  samples: count,
  intervalMs: milliseconds,
  limit: count.describe('effective backlog; the queue holds one connection more'),
  meanLength: z.number().min(0),
  maxLength: count,
  waitingShare: z.number().min(0).max(1).describe('somebody waited in the queue'),
  fullShare: z.number().min(0).max(1).describe('the queue was at its limit or above'),
  sleepingShare: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('somebody waited, and no process of the server was on a core or waiting for one'),
  sleptIn: z.record(z.string(), count).describe('samples by the system call that the server slept in then'),
  longestSleepMs: milliseconds.nullable().describe('longest stretch of such samples'),
  answersPerSecond: z
    .strictObject({ min: z.number().min(0), max: z.number().min(0) })
    .nullable()
    .describe('of stretches of 200 ms; null where the server keeps no counters'),
  samplerCpuMs: milliseconds.describe("the sampler's own CPU time, its start included"),
});

/** Bytes and packets that each host sent within the window, and what a traffic shaper did there. */
const linkSideSchema = z.strictObject({ sentBytes: count, sentPackets: count });
export const linkUseSchema = z.strictObject({
  windowMs: milliseconds,
  tom: linkSideSchema,
  jerry: linkSideSchema,
  heldBack: z
    .strictObject({ packets: count, dropped: count, backlogBytes: count })
    .nullable()
    .describe("packets that a shaper of either host's device delayed or dropped; null: not known"),
});

export const syscallProfileSchema = z.strictObject({
  tool: z.string().describe('the command that made it, such as "strace -c -f"'),
  clock: z.enum(['system', 'wall']),
  role: z
    .enum(['all', 'only', 'parent', 'worker'])
    .default('all')
    .describe('which of the server\'s processes; worker: all workers added up'),
  rows: z.array(
    z.strictObject({ syscall: z.string(), calls: count, errors: count, timeUs: z.number().min(0) }),
  ),
});

/** How long the calls of one syscall took, waiting included, as a distribution. */
export const syscallTimesSchema = z.strictObject({
  tool: z.string(),
  role: z.enum(['all', 'only', 'parent', 'worker']),
  syscall: z.string(),
  calls: count,
  timeUs: z.number().min(0).describe('of all calls'),
  buckets: z
    .array(z.tuple([z.number().min(0), count]))
    .describe('lower bound of each bucket in microseconds, and its calls; each reaches to twice its lower bound'),
});

/** What one repeat left behind, success or failure: one line of `records.ndjson`. */
export const recordSchema = z.strictObject({
  schema: z.literal(schemaVersion),
  repeatId: z.string(),
  pass: z
    .enum(passes)
    .describe('timed: throughput and times; traced: syscalls; ceiling: what the load can do, against a sink'),
  block: count.describe('from 1; 0 for other passes than timed'),
  position: count.describe('place in the order in which the repeats really ran, from 1'),
  cell: cellSchema,
  status: z.enum(['ok', 'failed']),
  failure: z.strictObject({ stage: z.enum(stages), message: z.string() }).optional(),
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
export type Distribution = z.output<typeof distributionSchema>;
export type ServerCounts = z.output<typeof serverCountsSchema>;
export type KernelCounts = z.output<typeof kernelCountsSchema>;
export type CpuReading = z.output<typeof cpuSchema>;
export type Sockets = z.output<typeof socketsSchema>;
export type AcceptQueue = z.output<typeof acceptQueueSchema>;
export type LinkUse = z.output<typeof linkUseSchema>;
export type SyscallProfile = z.output<typeof syscallProfileSchema>;
export type SyscallTimes = z.output<typeof syscallTimesSchema>;
export type RepeatRecord = z.output<typeof recordSchema>;

/** The sections of a record that probes fill. */
export type ProbeFields = Pick<
  RepeatRecord,
  'server' | 'kernel' | 'cpu' | 'sockets' | 'acceptQueue' | 'link' | 'syscalls' | 'syscallTimes'
>;

/** A cell's name in files, messages and --json: `blocking-serial/epoll/c10`, factors appended as `/name=value`. */
export function cellId(cell: Cell): string {
  const factors = Object.entries(cell.factors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `/${name}=${String(value)}`);
  return `${cell.variant}/${cell.load}/c${cell.concurrency}${factors.join('')}`;
}

/** Successful requests per second of the measured window; failures are never throughput. */
export function throughput(load: LoadResult): number {
  return load.window.durationMs > 0 ? (load.window.succeeded * 1000) / load.window.durationMs : 0;
}
