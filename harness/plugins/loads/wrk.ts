import { join } from 'node:path';
import { z } from 'zod';
import type { Load } from '../../core/plugin.ts';
import type { Claims, LoadResult } from '../../core/record.ts';
import {
  parseJsonLine,
  throwUnlessEnded,
  throwUnlessFits,
  wholeLife,
  withoutZeroes,
  type ToolRun,
} from '../../core/tool-run.ts';
import { askVersion, externalLoad, urlOf, wholeSeconds } from '../../effects/external-tool.ts';

const count = z.number().int().min(0);

/** What clients/wrk-report.lua prints. */
const reportSchema = z.object({
  event: z.literal('wrk'),
  durationUs: z.number().int().positive(),
  requests: count,
  bytes: count,
  errors: z.object({ connect: count, read: count, write: count, status: count, timeout: count }),
});

const unitsInUs: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 };

/** A time as wrk prints it, such as 1.25ms. Throws an Error where it is none. */
function timeIn(text: string, pattern: RegExp) {
  const found = pattern.exec(text);
  if (!found) throw new Error(`wrk printed no line ${String(pattern)}`);
  return { printed: found[1]! + found[2]!, us: Number(found[1]) * unitsInUs[found[2]!]! };
}

const time = String.raw`(\d+\.\d+)(us|ms|s|m|h)`;

/** What wrk says in its text. Without a response its times are zero and mean nothing. */
function claimsOf(stdout: string, errors: z.output<typeof reportSchema>['errors']): Claims {
  const rate = /^Requests\/sec: +(\d+\.\d+)$/m.exec(stdout)?.[1];
  if (rate === undefined) throw new Error('wrk printed no line "Requests/sec: ..."');
  const perSecond = Number(rate);
  const percentile = (share: number) => timeIn(stdout, new RegExp(`^ +${share}% +${time}$`, 'm'));
  return {
    rate: { name: 'Requests/sec', printed: `${rate} requests/s`, perSecond },
    latency:
      perSecond === 0
        ? null
        : {
            name: 'Latency',
            from: 'request',
            mean: timeIn(stdout, new RegExp(`^ +Latency +${time} `, 'm')),
            ...{ p50: percentile(50), p99: percentile(99) },
            // It adds a time for each request that, by its reckoning, a slow one kept from being sent.
            corrected: true,
            stepUs: 10,
          },
    failures: {
      'Socket errors': errors.connect + errors.read + errors.write + errors.timeout,
      'Non-2xx or 3xx responses': errors.status,
    },
  };
}

/**
 * wrk's `requests` are the responses that came, whatever their status (`errors.status`: above 399). `timeout` counts
 * those among them that took more than 2 s, so it is no failure; the other errors ended a connection unanswered.
 */
function readWrk(run: ToolRun): LoadResult {
  throwUnlessEnded('wrk', run);
  const line = run.stdout.split('\n').find((text) => text.startsWith('{"event":"wrk"'));
  if (line === undefined) throw new Error('wrk printed no result');
  const { durationUs, requests, bytes, errors } = parseJsonLine(reportSchema, line, 'wrk');
  if (errors.status > requests) throw new Error(`wrk counted more bad statuses than responses: ${line}`);
  const claims = claimsOf(run.stdout, errors);
  const perSecond = claims.rate?.perSecond ?? 0;
  throwUnlessFits('wrk', { count: requests, seconds: durationUs / 1e6, perSecond });
  const { connect, read, write } = errors;
  const failed = withoutZeroes({ badStatus: errors.status, connect, read, write });
  return {
    ...wholeLife(durationUs / 1000, { succeeded: requests - errors.status, failed, bytes }),
    cpu: run.cpu,
    claims,
    notes: [
      'wrk’s latencies are left out: they begin after the connect, and wrk adds invented ones to those that it measured.',
      'wrk looks at no length, and requests that were never answered stand nowhere in its figures.',
    ],
  };
}

const wrk: Load = externalLoad({
  program: 'wrk',
  summary: 'wrk, one thread; latency without connect',
  remedy: 'apt-get install wrk',
  minimumWindowMs: 1000,
  // It looks at its clock every tenth of a second.
  overheadMs: (concurrency) => 300 + 0.1 * concurrency,
  version: askVersion('--version'),
  arguments: (request, machine) => [
    ...['--threads', '1'],
    ...['--connections', String(request.concurrency)],
    ...['--duration', `${wholeSeconds(request)}s`],
    ...['--header', 'Connection: close'],
    ...['--script', join(machine.cloneDir, 'clients', 'wrk-report.lua')],
    '--latency',
    urlOf(request),
  ],
  read: readWrk,
});

export default wrk;
