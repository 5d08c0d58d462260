import { z } from 'zod';
import { cellSchema, passes, readableSchema } from './record.ts';
import { scenarioSchema } from './scenario.ts';

/** One repeat that the plan asks for. `repeatId` is unique in the run and the same whenever the plan is made again. */
export const plannedRepeatSchema = z.strictObject({
  repeatId: z.string(),
  pass: z.enum(passes),
  block: z.number().int().min(0),
  position: z.number().int().min(1),
  cell: cellSchema,
  warmupMs: z.number().min(0),
  windowMs: z.number().min(0),
  drainMs: z.number().min(0),
  warmupLimitMs: z
    .number()
    .min(0)
    .optional()
    .describe('the warm-up lasts until the rate is steady, at most so long; without it: just as planned'),
  overflowWindowMs: z
    .number()
    .min(0)
    .optional()
    .describe('the window where the listen queue overflows: clients in back-off come again after 1, 3, 7 s'),
  tracer: z.string().optional().describe('of a traced repeat: the probe that traces it'),
});
export type PlannedRepeat = z.output<typeof plannedRepeatSchema>;

/**
 * One attempt at a repeat. `discarded`: it left no record, since the run ended before it did; `superseded`: its record
 * does not count, since a later attempt took its place.
 */
export const attemptSchema = z.strictObject({
  repeatId: z.string(),
  attempt: z.number().int().min(1),
  startedAt: z.iso.datetime(),
  reason: z.string().nullable().describe('why there was another attempt; null for the first one'),
  outcome: z.enum(['running', 'ok', 'failed', 'discarded', 'superseded']),
});
export type Attempt = z.output<typeof attemptSchema>;

/** How narrow the 95 % interval of each ratio is to become, and how long that may take. */
export const precisionSchema = z.strictObject({
  target: z
    .number()
    .positive()
    .describe('0.05: the interval reaches from the ratio / 1.05 to the ratio x 1.05'),
  budgetMs: z.number().positive().describe('time for all repeats together'),
});
export type Precision = z.output<typeof precisionSchema>;

const hostEnvironmentSchema = z.strictObject({
  address: z.string(),
  cores: z.array(z.number().int().min(0)),
  receiveCores: z
    .array(z.number().int().min(0))
    .nullable()
    .describe('cores that process received packets (RPS); null: left to the kernel'),
  sysctls: z.record(z.string(), z.string()),
});

/** What a machine is, as far as it may change a figure. */
const machineShape = {
  kernel: z.string(),
  operatingSystem: z.string(),
  cpuModel: z.string(),
  cpuCount: z.number().int().min(1),
  memoryMb: z.number().int().min(0),
  virtualization: z.string().nullable(),
};

/** One of several machines that a run is measured on. */
const machineSchema = z.strictObject({
  name: z.string().describe('as the inventory calls it'),
  role: z.enum(['tom', 'jerry']),
  ...machineShape,
  root: z.boolean().describe('whether probes that need it had it, by sudo or otherwise'),
  programsBuiltThere: z.boolean(),
  clockOffsetMs: z.number().describe("how far its clock is ahead of the harness's"),
  clockUncertaintyMs: z.number().min(0).describe('half of the shortest round trip'),
});
export type HostMachine = z.output<typeof machineSchema>;

/** Bits per second from Tom to Jerry, the way that responses take; null, and the reason, where it was not measured. */
const linkCapacitySchema = z.strictObject({
  tool: z.string(),
  bitsPerSecond: z.number().positive().nullable(),
  reason: z.string().nullable(),
});
export type LinkCapacity = z.output<typeof linkCapacitySchema>;

/** What ends all that a run has started when the harness is killed; the strongest first. */
export const containmentKinds = ['cgroup', 'pid-namespace', 'groups'] as const;

/** Where a run was measured: everything that may change its figures. */
export const environmentSchema = z.strictObject({
  hostKind: z.string().describe('netns, loopback or ssh'),
  hostNote: z.string().nullable().describe('what a reader must know of these hosts, such as a fallback'),
  sharedCores: z.array(z.number().int().min(0)).describe('cores that Tom and Jerry share'),
  harnessCores: z.array(z.number().int().min(0)),
  tom: hostEnvironmentSchema,
  jerry: hostEnvironmentSchema,
  otherJerries: z
    .array(hostEnvironmentSchema)
    .optional()
    .describe('further hosts that made the load together with Jerry'),
  ...machineShape,
  mitigations: z.record(z.string(), z.string()),
  root: z.boolean(),
  containment: z
    .enum(containmentKinds)
    .default('groups')
    .describe('what ends every process of the run when the harness is killed; groups: process groups'),
  link: linkCapacitySchema
    .optional()
    .describe('what the path between the hosts can carry, measured once before the first repeat'),
  hosts: z
    .array(machineSchema)
    .optional()
    .describe("of hosts that are other machines: kernel to root above are the harness's own machine then"),
});

/** Which part of a plan a run made: shards of one plan have the same `plan`, and each its own `index`, from 1. */
export const shardSchema = z.strictObject({
  index: z.number().int().min(1),
  of: z.number().int().min(1),
  plan: z.string().describe('sha256 of all the repeats of the whole plan'),
});
export type Shard = z.output<typeof shardSchema>;

const gitSchema = z.strictObject({ commit: z.string().nullable(), dirty: z.boolean().nullable() });

/** A shard that was joined with others into one run, and where it was measured. */
const mergedShardSchema = z.strictObject({
  index: z.number().int().min(1),
  runId: z.string(),
  createdAt: z.iso.datetime(),
  command: z.array(z.string()),
  environment: environmentSchema,
  git: gitSchema,
  versions: z.record(z.string(), z.string()),
});
export type MergedShard = z.output<typeof mergedShardSchema>;

/** `manifest.json`: what was planned, with which programs, where. Written before the first repeat. */
export const manifestSchema = z.strictObject({
  schema: readableSchema,
  runId: z.string(),
  createdAt: z.iso.datetime(),
  command: z.array(z.string()).describe('the arguments of harness/run.ts'),
  scenario: scenarioSchema.describe('as it was run, overrides applied'),
  planName: z.string().describe('full, quick, seed or custom'),
  randomSeed: z.number().int(),
  estimatedMs: z.number().min(0),
  repeats: z
    .array(plannedRepeatSchema)
    .describe('as planned; with `precision` it grows by what the figures so far call for'),
  attempts: z
    .array(attemptSchema)
    .default([])
    .describe('every attempt at a repeat, in order, discarded ones too'),
  precision: precisionSchema.optional(),
  resumed: z
    .array(z.strictObject({ at: z.iso.datetime(), commit: z.string().nullable() }))
    .default([])
    .describe('when the run was gone on with after it had ended early, and with which commit of the harness'),
  completedAt: z.iso
    .datetime()
    .optional()
    .describe('when all was measured; absent while it runs, or ended early'),
  leftOut: z
    .array(z.strictObject({ variant: z.string(), label: z.string(), reason: z.string() }))
    .default([])
    .describe('optional variants of the scenario that could not be measured here'),
  environment: environmentSchema,
  git: gitSchema,
  shard: shardSchema.optional().describe('where only a part of the plan was made'),
  merged: z
    .strictObject({
      of: z.number().int().min(1).describe('how many shards the plan was dealt out to'),
      shards: z.array(mergedShardSchema).min(1),
    })
    .optional()
    .describe('of which shards the run was joined; `environment` is that of the first of them'),
  programs: z.record(z.string(), z.string()).describe('sha256 of each program that is measured or measures'),
  versions: z.record(z.string(), z.string()).describe('of tools and packages that took part'),
  notes: z.array(z.string()).default([]).describe('what was done otherwise than asked, and why'),
  changes: z.array(z.string()).describe('what the run changed on the machine, each undone at its end'),
});

export type Environment = z.output<typeof environmentSchema>;
export type Manifest = z.output<typeof manifestSchema>;

/** What runs have in common that can be compared: the scenario and the loads. */
export const subjectOf = ({ scenario }: Manifest): string =>
  [scenario.name, ...scenario.loads.map(({ id }) => id)].join(' ');
