import type { Load, LoadRequest } from '../../core/plugin.ts';
import type { Claims, LoadResult } from '../../core/record.ts';
import {
  throwUnlessEnded,
  throwUnlessFits,
  wholeLife,
  withoutZeroes,
  type ToolRun,
} from '../../core/tool-run.ts';
import { askVersion, externalLoad, urlOf, wholeSeconds } from '../../effects/external-tool.ts';

/** What -t means unless -n follows it is 50,000 requests at most; ab keeps 32 bytes for each that it may make. */
const mostRequestsPerSecond = 200_000;

/** ab gives up when nothing at all has happened for this long. */
const silenceSeconds = 5;

const mostRequests = (request: LoadRequest): number => mostRequestsPerSecond * wholeSeconds(request);

/**
 * What ab timed, in whole milliseconds. Its "Time per request" is no measurement but concurrency over throughput. It
 * prints no times where no request came to its end.
 */
function claimedLatency(stdout: string): Claims['latency'] {
  const ms = /^Total: +\d+ +(\d+) +\d+$/m.exec(stdout)?.[1];
  if (ms === undefined) return null;
  const mean = { printed: `${ms} ms`, us: 1000 * Number(ms) };
  return { name: 'Connection Times, Total', from: 'connect', mean, p50: null, p99: null, stepUs: 1000 };
}

/**
 * ab's figures overlap. "Complete" holds every request that came to an end, whatever end. A receive error is counted
 * as an exception too, and, once there was a response, as a wrong length: no body has not the first one's length.
 * Whether a response had both a bad status and a wrong length ab does not say. Bad statuses are not among its "Failed
 * requests".
 */
function readAb(run: ToolRun, request: LoadRequest): LoadResult {
  throwUnlessEnded('ab', run);
  const figure = (name: string, pattern: string): number => {
    const found = new RegExp(`^${name}: +${pattern}$`, 'm').exec(run.stdout);
    if (!found) throw new Error(`ab printed no line "${name}: ..."`);
    return Number(found[1]);
  };
  const optional = (pattern: RegExp): readonly number[] =>
    (pattern.exec(run.stdout) ?? []).slice(1).map(Number);

  const seconds = figure('Time taken for tests', String.raw`(\d+\.\d+) seconds`);
  const complete = figure('Complete requests', String.raw`(\d+)`);
  const allFailures = figure('Failed requests', String.raw`(\d+)`);
  const documentLength = figure('Document Length', String.raw`(\d+) bytes`);
  const bytes = figure('Total transferred', String.raw`(\d+) bytes`);
  const [connect = 0, receive = 0, length = 0, exceptions = 0] = optional(
    /^ +\(Connect: (\d+), Receive: (\d+), Length: (\d+), Exceptions: (\d+)\)$/m,
  );
  const [badStatus = 0] = optional(/^Non-2xx responses: +(\d+)$/m);

  if (seconds <= 0) throw new Error('ab measured for no time');
  if (connect + receive + length + exceptions !== allFailures) {
    throw new Error(`ab's ${allFailures} failed requests are not the sum of their causes`);
  }
  if (complete >= mostRequests(request)) {
    throw new Error(`ab ended before its time: it had made its ${mostRequests(request)} requests`);
  }
  const broken = Math.max(receive, exceptions);
  const wrongLength = length >= receive ? length - receive : length;
  const answered = complete - broken;
  if (answered < Math.max(wrongLength, badStatus)) {
    throw new Error(`ab counted more failures than its ${complete} complete requests`);
  }
  const notes = [
    'ab’s times are left out: it prints whole milliseconds. Requests that were never answered stand nowhere in its figures.',
  ];
  if (wrongLength > 0 && badStatus > 0) {
    const most = answered - Math.max(wrongLength, badStatus);
    notes.push(
      `ab does not say how many responses had both a bad status and a wrong length: up to ${most} succeeded, the fewest possible are counted.`,
    );
  }
  if (documentLength === 0 && answered > 0) {
    notes.push('ab’s first response had no body: it takes responses of that length for the right ones.');
  }
  const counts = {
    succeeded: Math.max(0, answered - wrongLength - badStatus),
    failed: withoutZeroes({ connect, connection: broken, wrongLength, badStatus }),
    bytes,
  };
  const perSecond = figure('Requests per second', String.raw`(\d+\.\d+) \[#/sec\] \(mean\)`);
  throwUnlessFits('ab', { count: complete, seconds, perSecond });
  const claims: Claims = {
    rate: { name: 'Requests per second', printed: `${perSecond.toFixed(2)} [#/sec]`, perSecond },
    latency: claimedLatency(run.stdout),
    failures: { 'Failed requests': allFailures, 'Non-2xx responses': badStatus },
  };
  return { ...wholeLife(Math.round(seconds * 1000), counts), cpu: run.cpu, claims, notes };
}

const ab: Load = externalLoad({
  program: 'ab',
  summary: 'ab of Apache, HTTP/1.0',
  remedy: 'apt-get install apache2-utils',
  minimumWindowMs: 1000,
  overheadMs: (concurrency) => 200 + 0.1 * concurrency,
  version: askVersion('-V'),
  arguments: (request) => [
    ...['-t', String(wholeSeconds(request))],
    // After -t, which sets it too.
    ...['-n', String(mostRequests(request))],
    ...['-c', String(request.concurrency)],
    ...['-s', String(wholeSeconds(request) + silenceSeconds)],
    // -r: go on after a receive error. -q: no progress. -d and -S: no sorting of times that nobody reads.
    ...['-r', '-q', '-d', '-S'],
    urlOf(request),
  ],
  read: readAb,
});

export default ab;
