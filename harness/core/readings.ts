import { z } from 'zod';

/* What the probes read of a repeat: the sections of a record that are not the load's or the counters'. */

export const count = z.number().int().min(0);
export const milliseconds = z.number().min(0);

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
  furtherPorts: count
    .optional()
    .describe("local ports that further Jerrys have; their sockets are counted in Jerry's"),
  states: z
    .strictObject({ tom: z.record(z.string(), overTime), jerry: z.record(z.string(), overTime) })
    .optional()
    .describe('by TCP state, within the window; states that never occurred left out'),
  samplersCpuMs: milliseconds.optional().describe("CPU time of both hosts' samplers, their start included"),
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
  sleptIn: z
    .record(z.string(), count)
    .describe('of these samples: by the system call that the server slept in'),
  blockedShare: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('the same, and nothing had been answered since the sample before'),
  longestBlockMs: milliseconds.nullable().describe('longest stretch of such samples'),
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
  forwarded: z
    .literal(true)
    .optional()
    .describe("packets went through a forwarder between the hosts, which works on one host's cores"),
});

/** Where the processes of the server were when the load had stopped asking, and who still waited for them. */
export const standstillSchema = z.strictObject({
  afterMs: milliseconds.describe('since the load opened its last connection; it still holds those that wait'),
  waiting: count.describe('connections in the accept queue, the least of several looks'),
  processes: z.array(
    z.strictObject({
      role: z.enum(['only', 'parent', 'worker']),
      pid: count,
      state: z.string().describe('as ps names it: S sleeps, R runs or is ready to'),
      syscall: z.string().nullable().describe('that it is in; null: in none, or only root may know'),
      stack: z
        .array(z.string())
        .describe('functions of the kernel, innermost first; empty: only root may know'),
    }),
  ),
});

const packetWaits = z.strictObject({
  what: z.enum(['syn', 'request']),
  nth: z.number().int().min(1).describe('1: from the first time that it was sent to the second'),
  count,
  medianMs: milliseconds,
});

const answerTimes = z.strictObject({
  count,
  medianMs: milliseconds,
  p95Ms: milliseconds,
  maxMs: milliseconds,
});

/** What a capture within Tom's network shows of connections. A capture costs the server CPU time. */
export const packetsSchema = z.strictObject({
  spanMs: milliseconds.describe('from the first packet to the last one, warm-up included'),
  packets: count,
  droppedByKernel: count.describe('packets that the capture lost'),
  connections: count,
  keptConnections: count.describe('in the raw output; of those that nothing happened to only some'),
  synSentAgain: count.describe('connections'),
  requestSentAgain: count.describe('connections'),
  synAckSentAgain: count.describe('connections'),
  completedEmpty: count.describe(
    "at most so many connections were completed by a bare ACK to the server's second SYN-ACK, or a later one, with the request sent again later",
  ),
  waits: z.array(packetWaits).describe('how long clients waited before they sent a packet again'),
  backOff: z
    .strictObject({
      binMs: milliseconds,
      syn: z.array(z.number().min(0)),
      request: z.array(z.number().min(0)),
    })
    .describe('mean number of clients in each bin that wait for the timer of a packet which nobody answered'),
  quiet: z
    .array(
      z.strictObject({
        atMs: milliseconds.describe('since the first packet'),
        durationMs: milliseconds,
        waiting: count.describe('connections'),
        endedBy: z
          .enum(['request-again', 'syn-again', 'other'])
          .describe('what had just arrived from the client that was answered first'),
      }),
    )
    .describe('stretches without an answer, although somebody waited'),
  answerTimes: z
    .strictObject({ untouched: answerTimes.nullable(), touched: answerTimes.nullable() })
    .describe('from SYN to answer, where nothing happened and where anything was sent again'),
  examples: z
    .array(
      z.strictObject({
        kind: z.enum(['completed-empty', 'request-dropped', 'syn-dropped']),
        packets: z.array(
          z.strictObject({
            atMs: milliseconds.describe('since its SYN'),
            from: z.enum(['client', 'server']),
            what: z.enum(['SYN', 'SYN-ACK', 'ACK', 'request', 'answer', 'FIN', 'RST']),
            bytes: count,
            again: z.boolean(),
            ignored: z.boolean().describe('the server did as if it had not come'),
          }),
        ),
      }),
    )
    .describe('one connection of each kind, whole'),
});

export const syscallProfileSchema = z.strictObject({
  tool: z.string().describe('the command that made it, such as "strace -c -f"'),
  clock: z.enum(['system', 'wall']),
  role: z
    .enum(['all', 'only', 'parent', 'worker'])
    .default('all')
    .describe("which of the server's processes; worker: all workers added up"),
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
    .describe(
      'lower bound of each bucket in microseconds, and its calls; each reaches to twice its lower bound',
    ),
});

export type AcceptQueue = z.output<typeof acceptQueueSchema>;
export type LinkUse = z.output<typeof linkUseSchema>;
export type Packets = z.output<typeof packetsSchema>;
export type CpuReading = z.output<typeof cpuSchema>;
export type Sockets = z.output<typeof socketsSchema>;
export type SyscallProfile = z.output<typeof syscallProfileSchema>;
export type SyscallTimes = z.output<typeof syscallTimesSchema>;
export type Standstill = z.output<typeof standstillSchema>;

/** Hosts that made a load together. */
export const jerriesSchema = z.strictObject({
  startSpreadMs: milliseconds.describe('from the first to the last start'),
  overlapMs: milliseconds.describe('what their windows have in common'),
  hosts: z.array(
    z.strictObject({
      concurrency: z.number().int().min(1),
      cores: z.array(z.number().int().min(0)),
      startedAtMs: z.number().describe("since 1970 on the clock of the harness's machine"),
      windowMs: milliseconds,
      succeeded: count.describe('within its window'),
      failed: count.describe('within its window'),
      cpu: z.strictObject({ userMs: milliseconds, systemMs: milliseconds }).nullable(),
    }),
  ),
});
