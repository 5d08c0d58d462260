import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { checkLoadParams } from '../../core/load-params.ts';
import { windowEvent } from '../../core/load-events.ts';
import type { Finished, Load } from '../../core/plugin.ts';
import type { Claims, LoadResult } from '../../core/record.ts';
import { lastWords, parseJsonLine, soundResult } from '../../core/tool-run.ts';
import { onlyHere, projectRoot } from '../../effects/machine.ts';

const count = z.number().int().min(0);
const figure = z.number().min(0);
const outputSchema = z
  .object({
    event: z.literal('result'),
    windowMs: z.number().positive(),
    window: z.object({
      succeeded: count,
      failed: z.record(z.string(), count),
      firstHalf: z.object({ durationMs: z.number(), succeeded: count }),
      secondHalf: z.object({ durationMs: z.number(), succeeded: count }),
    }),
    total: z.object({ succeeded: count, failed: z.record(z.string(), count) }),
    cpu: z.object({ userMs: z.number().min(0), systemMs: z.number().min(0) }),
    said: z
      .object({
        requests: z.object({ average: figure, sent: count }),
        latency: z.object({ average: figure, p50: figure, p99: figure }),
        samples: count.optional(),
        errors: count,
        timeouts: count,
        non2xx: count,
      })
      .optional()
      .describe('older versions left it out'),
  })
  .refine(
    ({ window }) => window.succeeded === window.firstHalf.succeeded + window.secondHalf.succeeded,
    'the halves of the window do not add up to it',
  )
  .refine(({ window, total }) => window.succeeded <= total.succeeded, 'the window holds more than the total');

/** Its latencies are milliseconds; percentiles are whole ones. They begin when the request is handed to a socket. */
function claimsOf({
  requests,
  latency,
  samples,
  errors,
  non2xx,
}: NonNullable<z.output<typeof outputSchema>['said']>): Claims {
  const time = (ms: number) => ({ printed: `${ms} ms`, us: Math.round(ms * 1000) });
  return {
    rate: {
      name: 'requests.average',
      printed: `${requests.average} requests/s`,
      perSecond: requests.average,
    },
    latency: {
      name: 'latency',
      from: 'connect',
      ...{ mean: time(latency.average), p50: time(latency.p50), p99: time(latency.p99) },
      stepUs: 10,
    },
    // Its timeouts are among its errors.
    failures: { errors, non2xx },
    sent: requests.sent,
    ...(samples === undefined ? {} : { samples }),
  };
}

/** autocannon, through its API, in a Node process of its own (clients/autocannon.ts). */
const autocannon: Load = {
  summary: 'autocannon in a process of its own',
  minimumWindowMs: 1000,
  overheadMs: (concurrency) => 1000 + 0.5 * concurrency,

  check: async (machine) => onlyHere(machine),

  async versions() {
    const { version } = createRequire(import.meta.url)('autocannon/package.json') as { version: string };
    return { autocannon: version };
  },

  command(request) {
    checkLoadParams(request.choice);
    return [
      process.execPath,
      ...['--import', 'tsx', join(projectRoot, 'clients', 'autocannon.ts')],
      `http://${request.address}:${request.port}/`,
      ...[request.concurrency, request.warmupMs, request.windowMs].map(String),
    ];
  },

  windowEvent,

  parse(finished: Finished): LoadResult {
    if (finished.timedOut) throw new Error('autocannon hung and was ended when its time limit was over');
    if (finished.exitCode !== 0) throw new Error(`autocannon failed: ${lastWords(finished)}`);
    const line = finished.stdout.split('\n').findLast((text) => text.startsWith('{"event":"result"'));
    if (line === undefined) throw new Error('autocannon: its output ends before the result');
    const result = parseJsonLine(outputSchema, line, 'autocannon');
    const { firstHalf, secondHalf, ...window } = result.window;
    return soundResult('autocannon', {
      window: { durationMs: result.windowMs, ...window, bytes: null, halves: [firstHalf, secondHalf] },
      total: { started: null, connected: null, ...result.total, unanswered: null },
      stalled: null,
      cpu: result.cpu,
      connectTime: null,
      responseTime: null,
      ...(result.said ? { claims: claimsOf(result.said) } : {}),
      notes: [
        'autocannon’s latencies are left out: where the server closes each connection they are far from concurrency divided by throughput.',
        'Connections that the server closed without an answer stand nowhere in autocannon’s figures.',
      ],
    });
  },
};

export default autocannon;
