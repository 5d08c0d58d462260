import { z } from 'zod';

/*
 * Hypotheses as data: what is claimed, which figures decide, and from where on they support or refute it. They stand in
 * the scenario and so in the manifest of each run, which shows that they were there before the figures.
 */

const identifier = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9-]*$/);

/** The tables of the seed experiment. */
export const seedTableNames = ['single-core', 'dual-core'] as const;

/** What hypotheses can be about; each is a figure of a repeat. */
export const figureNames = [
  'requestsPerSecond',
  'leastAnswersPerSecond',
  'meanResponseMs',
  'medianResponseMs',
  'p99ResponseMs',
  'scheduleErrorP99Ms',
  'serverCpuUsPerRequest',
  'serverCoreShare',
  'loadCpuShare',
  'parentCpuShare',
  'overflowsPerRequest',
  'retransmitsPerRequest',
  'synAcksSentAgainPerRequest',
  'failuresPerRequest',
  'queueFullShare',
  'queueMeanLength',
  'blockedShare',
  'longestBlockMs',
  'stalled',
  'emptyAcceptsPerRequest',
  'eagainsPerRequest',
  'switchesPerRequest',
  'linkMbitPerSecond',
  'writevUsPerCall',
  'closeUsPerCall',
  'acceptUsPerCall',
  'receiveUsPerCall',
  'writevAndCloseShare',
  'deadlocked',
  'waitingAtEnd',
] as const;
export type FigureName = (typeof figureNames)[number];

/** Cells of one variant; of several the mean is taken within each block. */
const placeSchema = z.strictObject({
  variant: identifier,
  condition: z
    .union([identifier, z.array(identifier).min(1)])
    .optional()
    .describe('where the scenario has conditions; of several the mean is taken as well'),
  concurrencies: z.array(z.number().int().min(1)).min(1),
});

/** On one side of a limit. */
const rangeSchema = z.union([
  z.strictObject({ atLeast: z.number() }),
  z.strictObject({ atMost: z.number() }),
]);

const decidesShape = {
  id: identifier.describe('its name in `conclude`, where {id} stands for its figure'),
  what: z.string().min(1).describe('the figure in words, as the head of a table row'),
  supports: rangeSchema.describe('the whole interval lies there: the claim holds as far as this figure goes'),
  refutes: rangeSchema.describe('the whole interval lies there: it does not'),
};

const oppose = ({ supports, refutes }: { supports: Range; refutes: Range }): boolean =>
  'atLeast' in supports
    ? 'atMost' in refutes && refutes.atMost <= supports.atLeast
    : 'atLeast' in refutes && refutes.atLeast >= supports.atMost;
const opposition = 'what supports and what refutes must lie on opposite sides, and must not overlap';

/** A figure of our run: of some cells, or over the same figure of others within each block. */
const testSchema = z
  .strictObject({
    ...decidesShape,
    figure: z.enum(figureNames).describe('as harness/analysis/figures.ts explains it'),
    of: placeSchema,
    over: placeSchema.optional(),
  })
  .refine(oppose, opposition);

const seedPlaceSchema = z.strictObject({ variant: identifier, concurrency: z.number().int().min(1) });

/** A ratio of two of the seed's 78 figures. */
const seedTestSchema = z
  .strictObject({
    ...decidesShape,
    table: z.enum(seedTableNames),
    of: seedPlaceSchema,
    over: seedPlaceSchema,
  })
  .refine(oppose, opposition);

export const hypothesisSchema = z.strictObject({
  id: identifier,
  question: identifier.describe('id in scenarios/seed/questions.csv'),
  claim: z.string().min(1),
  source: z.string().min(1).describe('who claims it, where'),
  tests: z.array(testSchema).min(1).describe('supported if all support it; refuted if one refutes it'),
  onSeed: z.array(seedTestSchema).default([]).describe("the same for the seed's own figures"),
  conclude: z
    .strictObject({
      supported: z.string().min(1),
      refuted: z.string().min(1),
      undecided: z.string().min(1),
    })
    .describe('the answer to the question in a sentence or two'),
  caveat: z.string().optional().describe('what the tests cannot tell'),
});

export type Range = z.output<typeof rangeSchema>;

/** Where a range begins or ends. */
export const limitOf = (range: Range): number => ('atLeast' in range ? range.atLeast : range.atMost);

export type Place = z.output<typeof placeSchema>;
export type HypothesisTest = z.output<typeof testSchema>;
export type SeedTest = z.output<typeof seedTestSchema>;
export type Hypothesis = z.output<typeof hypothesisSchema>;
export type HypothesisInput = z.input<typeof hypothesisSchema>;

/** What the seed experiment left open, or what came up beside it. */
export const questionSchema = z.strictObject({
  id: identifier,
  question: z.string().min(1),
  answered_by: z
    .string()
    .regex(
      /^[a-z0-9-]+\/[a-zA-Z0-9-]+( [a-z0-9-]+\/[a-zA-Z0-9-]+)*$/,
      'write SCENARIO/HYPOTHESIS, or several',
    )
    .transform((names) => names.split(' '))
    .describe('whose conclusions are the answer; the others about it stand below'),
  on_seed: z
    .string()
    .describe(
      "what the seed's own figures say about it, or why they cannot; {TABLE VARIANT CLIENTS / VARIANT CLIENTS} is a ratio of two of them; empty: it is none of the seed's questions",
    ),
  remark: z
    .string()
    .describe('what the conclusions do not say; {SCENARIO/HYPOTHESIS/TEST} is a figure; may be empty'),
  part: z.enum(['seed', 'further']).describe('further: what the experiment did not ask'),
});
export type Question = z.output<typeof questionSchema>;
