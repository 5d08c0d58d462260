import type { Load, LoadRequest } from '../../core/plugin.ts';
import type { LoadResult } from '../../core/record.ts';
import { lastWords, throwUnlessFits, wholeLife, withoutZeroes, type ToolRun } from '../../core/tool-run.ts';
import { externalLoad, urlOf, wholeSeconds } from '../../effects/external-tool.ts';

/** What webbench 1.5 said about a run. */
export interface WebbenchResult {
  readonly pagesPerMinute: number;
  readonly bytesPerSecond: number;
  readonly succeeded: number;
  readonly failed: number;
}

/**
 * Finds webbench's two result lines anywhere in its output: where standard output is a pipe, each client repeats the
 * header, even after the results. Throws an Error when they are missing.
 */
export function parseWebbench(stdout: string): WebbenchResult {
  const speed = /^Speed=(-?\d+) pages\/min, (-?\d+) bytes\/sec\.$/m.exec(stdout);
  const requests = /^Requests: (-?\d+) susceed, (-?\d+) failed\.$/m.exec(stdout);
  if (!speed || !requests) throw new Error('webbench printed no result ("Speed=... Requests: ...")');
  const [succeeded, failed] = [Number(requests[1]), Number(requests[2])];
  if (succeeded < 0 || failed < 0) throw new Error(`webbench's 32-bit counters overflowed: "${requests[0]}"`);
  if (speed[1]!.startsWith('-')) throw new Error(`webbench's Speed overflowed: "${speed[0]}"`);
  return { pagesPerMinute: Number(speed[1]), bytesPerSecond: Number(speed[2]), succeeded, failed };
}

/** The exit status is the low byte of the last client's count: it says nothing. */
function readWebbench(run: ToolRun, request: LoadRequest): LoadResult {
  if (/^Connect to server failed/m.test(run.stderr + run.stdout)) {
    throw new Error('webbench: "Connect to server failed. Aborting benchmark."');
  }
  if (run.signal !== null) throw new Error(`webbench failed (signal ${run.signal}): ${lastWords(run)}`);
  const result = parseWebbench(run.stdout);
  const seconds = wholeSeconds(request);
  const perSecond = result.pagesPerMinute / 60;
  throwUnlessFits('webbench', { count: result.succeeded + result.failed, seconds, perSecond });
  const bytes = result.bytesPerSecond * seconds;
  const counts = {
    succeeded: result.succeeded,
    failed: withoutZeroes({ unspecified: result.failed }),
    // The byte count is a 32-bit integer: near its end it cannot be believed.
    bytes: bytes >= 0 && bytes < 2 ** 30 ? bytes : null,
  };
  return {
    ...wholeLife(seconds * 1000, counts),
    cpu: run.cpu,
    claims: {
      rate: {
        name: 'Speed',
        printed: `${result.pagesPerMinute} pages/min`,
        perSecond,
      },
      latency: null,
      failures: { failed: result.failed },
    },
    notes: [
      'webbench looks at neither status nor length, and requests that were never answered stand nowhere in its figures.',
    ],
  };
}

/** The tool of the seed experiment. It is neither in Debian nor on npm; it is used where it is installed. */
const webbench: Load = externalLoad({
  program: 'webbench',
  summary: 'webbench 1.5, where it is installed',
  remedy:
    'build webbench 1.5 from its sources and put it on PATH, or use --load processes, which does the same',
  minimumWindowMs: 1000,
  // Each client sleeps a second before it starts.
  napMs: 1000,
  overheadMs: (concurrency) => 300 + 0.8 * concurrency,
  version: async (machine, path) => `1.5 (sha256 ${await machine.sha256(path)})`,
  // A URL with a port needs its final slash, or webbench refuses it.
  arguments: (request) => [
    ...['-t', String(wholeSeconds(request))],
    ...['-c', String(request.concurrency)],
    urlOf(request),
  ],
  read: readWebbench,
});

export default webbench;
