import { z } from 'zod';

/**
 * What a scenario of several loads is to find of one of them, as a ratio to its reference load within each block:
 * requests per second, or CPU time of the load's cores a request. It stands in the manifest, so it was there before the
 * figures.
 */
export const loadTargetSchema = z
  .strictObject({
    load: z.string().min(1),
    figure: z.enum(['requests per second', 'CPU time a request']),
    concurrencies: z.array(z.number().int().min(1)).min(1),
    atLeast: z.number().positive().optional(),
    atMost: z.number().positive().optional(),
    limitedBy: z
      .string()
      .min(1)
      .optional()
      .describe('where it is not met: what limits it, or where that stands'),
  })
  .refine(
    ({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined,
    'give atLeast, atMost or both',
  )
  .refine(({ atLeast = 0, atMost = Infinity }) => atLeast <= atMost, 'atLeast is above atMost');

export type LoadTarget = z.output<typeof loadTargetSchema>;
