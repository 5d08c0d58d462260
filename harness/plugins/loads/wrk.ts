import { join } from 'node:path';
import { z } from 'zod';
import type { Load } from '../../core/plugin.ts';
import type { LoadResult } from '../../core/record.ts';
import {
  parseJsonLine,
  throwUnlessEnded,
  wholeLife,
  withoutZeroes,
  type ToolRun,
} from '../../core/tool-run.ts';
import { askVersion, externalLoad, urlOf, wholeSeconds } from '../../effects/external-tool.ts';
import { projectRoot } from '../../effects/machine.ts';

const count = z.number().int().min(0);

/** What clients/wrk-report.lua prints. */
const reportSchema = z.object({
  event: z.literal('wrk'),
  durationUs: z.number().int().positive(),
  requests: count,
  bytes: count,
  errors: z.object({ connect: count, read: count, write: count, status: count, timeout: count }),
});

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
  const { connect, read, write } = errors;
  const failed = withoutZeroes({ badStatus: errors.status, connect, read, write });
  return {
    ...wholeLife(durationUs / 1000, { succeeded: requests - errors.status, failed, bytes }),
    cpu: run.cpu,
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
  arguments: (request) => [
    ...['--threads', '1'],
    ...['--connections', String(request.concurrency)],
    ...['--duration', `${wholeSeconds(request)}s`],
    ...['--header', 'Connection: close'],
    ...['--script', join(projectRoot, 'clients', 'wrk-report.lua')],
    '--latency',
    urlOf(request),
  ],
  read: readWrk,
});

export default wrk;
