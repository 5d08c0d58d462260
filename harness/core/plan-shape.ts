import { z } from 'zod';
import { limits } from './limits.ts';

/** How long one repeat runs. The rule with the largest `fromConcurrency` not above the cell's applies. */
const windowRuleSchema = z.strictObject({
  fromConcurrency: z.number().int().min(1),
  warmupMs: z.number().int().min(0),
  warmupLimitMs: z
    .number()
    .int()
    .min(0)
    .max(limits.longestWindowMs)
    .optional()
    .describe(
      'the warm-up lasts until the rate is steady, at least warmupMs and at most this; default: warmupMs',
    ),
  windowMs: z.number().int().min(limits.shortestWindowMs).max(limits.longestWindowMs),
  overflowWindowMs: z
    .number()
    .int()
    .max(limits.longestWindowMs)
    .optional()
    .describe(
      'a cell whose listen queue turns out to overflow is measured with this window instead: clients in back-off come again after 1, 3 or 7 s',
    ),
});

/** How a scenario is measured under the name of a plan: blocks, windows, and what stands around them. */
export const planShapeSchema = z.strictObject({
  blocks: z
    .number()
    .int()
    .min(1)
    .max(limits.blocks)
    .describe('repeats of each cell; every block holds each cell once'),
  windows: z.array(windowRuleSchema).min(1),
  drainMs: z
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(300)
    .describe('after the window, time that requests in flight get to be answered; they are not counted'),
  traced: z
    .strictObject({ warmupMs: z.number().int().min(0), windowMs: z.number().int().min(100) })
    .optional()
    .describe('times of traced repeats, instead of those of the scenario'),
  budgetMs: z
    .number()
    .int()
    .min(1000)
    .optional()
    .describe('blocks are given up, down to one, until the estimate fits'),
});

export type PlanShape = z.output<typeof planShapeSchema>;
