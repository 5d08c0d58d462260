import { z } from 'zod';
import { ceilingVariant } from './ceiling.ts';
import { hypothesisSchema, seedTableNames } from './hypothesis.ts';
import { limits } from './limits.ts';
import { loadTargetSchema } from './load-target.ts';
import { planShapeSchema } from './plan-shape.ts';
import { shareIn, shareProblems } from './rate-share.ts';

const identifier = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'use lower-case letters, digits and hyphens, such as epoll-prefork-2');

const parameterValue = z.union([z.string(), z.number(), z.boolean()]);

/** Settings of one network namespace, such as `net.core.somaxconn`: others would change the whole machine. */
const sysctls = z
  .record(
    z.string().regex(/^net\.[a-z0-9_.]+$/, 'name a setting of the network, such as net.core.somaxconn'),
    z.union([z.string(), z.number()]),
  )
  .default({});

/** One server to compare: a variant plug-in with its parameters, under the name that tables show. */
export const variantChoiceSchema = z.strictObject({
  id: identifier.describe('name in tables, files and --variants'),
  label: z.string().min(1).describe('name in charts and prose'),
  plugin: identifier.describe('file name in harness/plugins/variants'),
  params: z.record(z.string(), parameterValue).default({}),
  optional: z
    .boolean()
    .default(false)
    .describe('left out, and named, where its program is not installed, unless --variants asks for it'),
});

/** Something that is started beside a repeat to disturb it, by a plug-in, with its parameters. */
export const disturbanceSchema = z.strictObject({
  plugin: identifier.describe('file name in harness/plugins/disturbances'),
  params: z.record(z.string(), parameterValue).default({}),
});

/** Verdicts that a cell can get, as harness/analysis/verdict.ts explains them. */
export const causes = [
  'as-asked',
  'concurrency-bound',
  'server-bound',
  'generator-bound',
  'queue-bound',
  'blocked',
  'port-bound',
  'link-bound',
  'disturbed',
  'unsteady',
  'noisy',
  'invalid',
  'undetermined',
] as const;

/** A load generator with its options, as data. */
export const loadChoiceSchema = z.strictObject({
  id: identifier,
  params: z.record(z.string(), parameterValue).default({}),
  required: z
    .boolean()
    .optional()
    .describe('of several loads: nothing is measured without this one; the others are left out, and named'),
});

/**
 * A way in which some cells of a scenario differ from the others: in the parameters of server and load, in kernel
 * settings, in probes, or in what disturbs them. Each condition has a grid of its own.
 */
export const conditionSchema = z.strictObject({
  id: identifier,
  label: z.string().min(1),
  factors: z
    .record(z.string(), parameterValue)
    .optional()
    .describe('the values of what is varied, where conditions come from a sweep (harness/core/sweep.ts)'),
  variants: z.array(identifier).min(1).optional().describe('default: all of the scenario'),
  concurrencies: z.array(z.number().int().min(1).max(limits.concurrency)).min(1).optional(),
  variantParams: z.record(z.string(), parameterValue).default({}),
  loadParams: z.record(z.string(), parameterValue).default({}),
  rateOf: identifier
    .optional()
    .describe('the condition whose throughput in the same block is the 100 % of a rate in per cent'),
  load: loadChoiceSchema
    .optional()
    .describe('makes the requests of its cells, whichever load the others are measured with'),
  tomSysctls: sysctls,
  jerrySysctls: sysctls,
  disturbances: z.array(disturbanceSchema).default([]),
  probes: z.array(identifier).optional().describe('instead of those of the scenario'),
  expects: z
    .array(z.enum(causes))
    .optional()
    .describe('what its cells are made to be; empty: nothing is wrong with them'),
});

/**
 * An experiment as data: what is compared, over which grid, on which hosts, how long.
 * Durations are milliseconds, concurrencies are connections kept open by the load's clients.
 */
export const scenarioSchema = z
  .strictObject({
    name: identifier,
    title: z.string().min(1),
    question: z.string().min(1).describe('what a reader wants to know, in one sentence'),
    variants: z.array(variantChoiceSchema).min(1),
    baseline: identifier.describe('the variant that the others are compared with'),
    loads: z
      .array(loadChoiceSchema)
      .min(1)
      .default([{ id: 'uring', params: {} }]),
    referenceLoad: identifier
      .optional()
      .describe('where several loads are compared: the one that the others are held against'),
    loadTargets: z.array(loadTargetSchema).default([]).describe('what its loads are to reach'),
    concurrencies: z.array(z.number().int().min(1).max(limits.concurrency)).min(1),
    hosts: z.strictObject({
      kind: identifier.default('netns').describe('file name in harness/plugins/hosts'),
      tomSysctls: sysctls.describe("kernel settings of Tom's network, where the hosts can set them"),
      jerrySysctls: sysctls.describe("kernel settings of Jerry's network, where the hosts can set them"),
      tomCores: z.number().int().min(1).max(64),
      jerryCores: z.number().int().min(1).max(64).default(1).describe('of each Jerry'),
      jerries: z
        .number()
        .int()
        .min(1)
        .max(limits.jerries)
        .optional()
        .describe('hosts that make the load together; default: 1'),
    }),
    plans: z.strictObject({
      full: planShapeSchema,
      quick: planShapeSchema,
      seed: planShapeSchema.optional().describe('--fidelity seed: the runs as the seed experiment made them'),
    }),
    traced: z
      .strictObject({
        concurrencies: z.array(z.number().int().min(1)).min(1),
        variants: z.array(identifier).min(1).optional().describe('default: all'),
        warmupMs: z.number().int().min(0),
        windowMs: z.number().int().min(100),
      })
      .optional()
      .describe('the pass under strace; its figures never enter throughput'),
    ceiling: z
      .boolean()
      .default(true)
      .describe('whether to measure first what the load can do against a sink'),
    conditions: z
      .array(conditionSchema)
      .min(1)
      .optional()
      .describe('instead of one grid for all cells: a grid for each condition'),
    probes: z.array(identifier).default(['netstat', 'sockets', 'cpu', 'counters', 'accept-queue', 'link']),
    tracers: z
      .array(identifier)
      .default(['strace', 'strace-wall', 'syscall-times'])
      .describe('each traces in a pass of its own'),
    hypotheses: z
      .array(hypothesisSchema)
      .default([])
      .describe('what the run is to decide, stated before it is made'),
    seedTable: z
      .enum(seedTableNames)
      .optional()
      .describe('the table of the seed experiment to compare shapes with'),
  })
  .superRefine((scenario, context) => {
    const ids = scenario.variants.map((variant) => variant.id);
    for (const field of ['variants', 'loads'] as const) {
      const names = scenario[field].map(({ id }) => id);
      for (const [index, id] of names.entries()) {
        if (names.indexOf(id) === index) continue;
        context.addIssue({ code: 'custom', path: [field, index, 'id'], message: `"${id}" is there twice` });
      }
    }
    const usurper = scenario.variants.findIndex(
      ({ id, plugin }) => id === ceilingVariant.id && plugin !== ceilingVariant.plugin,
    );
    if (usurper >= 0) {
      context.addIssue({
        code: 'custom',
        path: ['variants', usurper, 'id'],
        message: `"${ceilingVariant.id}" is the name of the server that ceilings are measured against`,
      });
    }
    const ownLoad = (scenario.conditions ?? []).findIndex(({ load }) => load !== undefined);
    if (scenario.ceiling && ownLoad >= 0) {
      context.addIssue({
        code: 'custom',
        path: ['conditions', ownLoad, 'load'],
        message: 'ceilings are measured for the loads of the scenario alone: set its ceiling to false',
      });
    }
    for (const [index, condition] of (scenario.conditions ?? []).entries()) {
      const stranger = condition.variants?.find((id) => !ids.includes(id));
      if (stranger === undefined) continue;
      context.addIssue({
        code: 'custom',
        path: ['conditions', index, 'variants'],
        message: `"${stranger}" is none of ${ids.join(', ')}`,
      });
    }
    const grid = { variants: ids, concurrencies: scenario.concurrencies };
    for (const { index, field, message } of shareProblems(scenario.conditions ?? [], grid)) {
      context.addIssue({ code: 'custom', path: ['conditions', index, field], message });
    }
    for (const [index, { params }] of scenario.loads.entries()) {
      if (shareIn(params) === null) continue;
      const message = 'a rate in per cent belongs into a condition with rateOf';
      context.addIssue({ code: 'custom', path: ['loads', index, 'params'], message });
    }
    if (!ids.includes(scenario.baseline)) {
      context.addIssue({ code: 'custom', path: ['baseline'], message: `is none of ${ids.join(', ')}` });
    }
    if (new Set(scenario.concurrencies).size !== scenario.concurrencies.length) {
      context.addIssue({ code: 'custom', path: ['concurrencies'], message: 'a concurrency is there twice' });
    }
    for (const [name, plan] of Object.entries(scenario.plans)) {
      if (plan === undefined) continue;
      const lowest = Math.min(...plan.windows.map((rule) => rule.fromConcurrency));
      if (lowest > Math.min(...scenario.concurrencies)) {
        context.addIssue({
          code: 'custom',
          path: ['plans', name, 'windows'],
          message: `no rule covers concurrencies below ${lowest}`,
        });
      }
    }
  });

/** A scenario as its file has it: every cell that a hypothesis speaks of is in its grid. A run may leave some out. */
export const scenarioFileSchema = scenarioSchema.superRefine((scenario, context) => {
  const variants = scenario.variants.map(({ id }) => id);
  const conditions = scenario.conditions?.map(({ id }) => id);
  for (const [index, { tests }] of scenario.hypotheses.entries()) {
    for (const { variant, condition } of tests.flatMap(({ of, over }) => [of, over ?? of])) {
      const named = [condition ?? []].flat();
      const known = conditions === undefined ? named.length === 0 : named.length > 0;
      if (known && named.every((id) => conditions?.includes(id)) && variants.includes(variant)) continue;
      const where = named.length === 0 ? '' : ` under the condition "${named.join('" or "')}"`;
      context.addIssue({
        code: 'custom',
        path: ['hypotheses', index, 'tests'],
        message: `there is no "${variant}"${where}`,
      });
    }
  }
});

export type Scenario = z.output<typeof scenarioSchema>;
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type VariantChoice = z.output<typeof variantChoiceSchema>;
export type LoadChoice = z.output<typeof loadChoiceSchema>;
export type ConditionInput = z.input<typeof conditionSchema>;
export type Condition = z.output<typeof conditionSchema>;
export type Cause = (typeof causes)[number];
export type DisturbanceChoice = z.output<typeof disturbanceSchema>;

/** Types a scenario file: the compiler checks its fields, the schema checks it again when it is loaded. */
export function defineScenario(scenario: ScenarioInput): ScenarioInput {
  return scenario;
}
