import { join } from 'node:path';
import { z } from 'zod';
import { windowEvent } from '../../core/load-events.ts';
import type { Finished, Load } from '../../core/plugin.ts';
import type { Claims, LoadResult } from '../../core/record.ts';
import { lastWords, parseJsonLine, soundResult, withoutZeroes } from '../../core/tool-run.ts';
import { askVersion, checkTool, toolPath, toolVersion, urlOf } from '../../effects/external-tool.ts';
import { onlyHere, projectRoot } from '../../effects/machine.ts';

const program = 'h2load';
const remedy = 'apt-get install nghttp2-client';

const count = z.number().int().min(0);
const countsSchema = z.object({ succeeded: count, badStatus: count, connection: count });
const halfSchema = z.object({ durationMs: z.number().positive(), succeeded: count });

/** What clients/h2load.ts prints last. */
const resultSchema = z
  .object({
    event: z.literal('result'),
    window: countsSchema.extend({
      durationMs: z.number().positive(),
      firstHalf: halfSchema,
      secondHalf: halfSchema,
    }),
    total: countsSchema,
    logged: z.object({ meanUs: count, p50Us: count, p99Us: count }).nullish(),
    cpu: z.object({ userMs: z.number().min(0), systemMs: z.number().min(0) }),
  })
  .refine(
    ({ window }) => window.succeeded === window.firstHalf.succeeded + window.secondHalf.succeeded,
    'the halves of the window do not add up to it',
  )
  .refine(({ window, total }) => window.succeeded <= total.succeeded, 'the window holds more than the total');

/** It is ended before it prints figures of its own, so all that it says is in its log: microseconds, without connect. */
function claimsOf(
  logged: { readonly meanUs: number; readonly p50Us: number; readonly p99Us: number } | null,
  { badStatus }: z.output<typeof countsSchema>,
  clientsLost: number,
): Claims {
  const time = (us: number) => ({ printed: `${us} us`, us });
  return {
    rate: null,
    latency: logged && {
      name: 'log of requests',
      from: 'request',
      ...{ mean: time(logged.meanUs), p50: time(logged.p50Us), p99: time(logged.p99Us) },
      stepUs: 1,
    },
    failures: { 'statuses other than 2xx': badStatus },
    ...(clientsLost > 0 ? { clientsLost } : {}),
  };
}

function readH2load(finished: Finished, concurrency: number): LoadResult {
  if (finished.timedOut) throw new Error('h2load hung and was ended when its time limit was over');
  if (finished.exitCode !== 0) throw new Error(`h2load failed: ${lastWords(finished)}`);
  const line = finished.stdout.split('\n').findLast((text) => text.startsWith('{"event":"result"'));
  if (line === undefined) throw new Error('h2load: its output ends before the result');
  const { window, total, cpu, logged } = parseJsonLine(resultSchema, line, program);
  const failures = ({ badStatus, connection }: z.output<typeof countsSchema>) =>
    withoutZeroes({ badStatus, connection });
  const notes = [
    'h2load’s times are left out: they begin after the connect. It looks at no length.',
    'h2load 1.52 never ends by itself where the server closes each connection: it is ended by us, and its log of requests is what counts.',
  ];
  const lost = Math.min(total.connection, concurrency);
  if (lost > 0) {
    notes.push(
      `h2load gives a client up when its connection fails: ${concurrency - lost} of ${concurrency} were left at the end.`,
    );
  }
  return soundResult(program, {
    window: {
      durationMs: window.durationMs,
      succeeded: window.succeeded,
      failed: failures(window),
      bytes: null,
      halves: [window.firstHalf, window.secondHalf],
    },
    total: {
      started: null,
      connected: null,
      succeeded: total.succeeded,
      failed: failures(total),
      unanswered: null,
    },
    stalled: null,
    cpu,
    connectTime: null,
    responseTime: null,
    ...(logged === undefined ? {} : { claims: claimsOf(logged, total, lost) }),
    notes,
  });
}

/** h2load with HTTP/1.1, through clients/h2load.ts. */
const h2load: Load = {
  summary: 'h2load of nghttp2 with HTTP/1.1, one thread',
  minimumWindowMs: 500,
  overheadMs: (concurrency) => 1500 + 0.2 * concurrency,
  check: async (machine, choice) => onlyHere(machine) ?? checkTool(machine, choice, program, remedy),
  versions: (machine, choice) => toolVersion(machine, choice, program, askVersion('--version')),
  command: (request, machine) => [
    process.execPath,
    ...['--import', 'tsx', join(projectRoot, 'clients', 'h2load.ts')],
    ...[machine.program('timed-run'), toolPath(request.choice, program)],
    join(machine.scratchDir, 'h2load.log'),
    urlOf(request),
    ...[request.concurrency, request.warmupMs, request.windowMs].map(String),
  ],
  windowEvent,
  parse: (finished, request) => readH2load(finished, request.concurrency),
};

export default h2load;
