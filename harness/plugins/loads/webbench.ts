import type { Finished, Load, LoadRequest } from '../../core/plugin.ts';
import type { LoadResult } from '../../core/record.ts';
import { sha256 } from '../../effects/our-generator.ts';

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
  return { pagesPerMinute: Number(speed[1]), bytesPerSecond: Number(speed[2]), succeeded, failed };
}

const seconds = (request: LoadRequest): number => Math.ceil(request.windowMs / 1000);

/** The tool of the seed experiment. It is neither in Debian nor on npm; it is used where it is installed. */
const webbench: Load = {
  summary: 'webbench 1.5, where it is installed',
  minimumWindowMs: 1000,
  // Each client sleeps a second before it starts.
  overheadMs: (concurrency) => 1300 + 0.8 * concurrency,

  async check(machine) {
    if ((await machine.which('webbench')) !== null) return null;
    return {
      reason: 'webbench is not installed',
      remedy:
        'build webbench 1.5 from its sources and put it on PATH, or use --load processes, which does the same',
    };
  },

  async versions(machine) {
    const path = await machine.which('webbench');
    return path === null ? {} : { webbench: `1.5 (sha256 ${await sha256(path)})` };
  },

  // A URL with a port needs its final slash, or webbench refuses it.
  command: (request) => [
    'webbench',
    '-t',
    String(seconds(request)),
    '-c',
    String(request.concurrency),
    `http://${request.address}:${request.port}/`,
  ],

  // The exit status is the low byte of the last client's count: it says nothing.
  parse(finished: Finished, request: LoadRequest): LoadResult {
    if (finished.timedOut)
      throw new Error('webbench hung and was ended (it does when one of its clients dies)');
    if (/^Connect to server failed/m.test(finished.stderr + finished.stdout)) {
      throw new Error('webbench: "Connect to server failed. Aborting benchmark."');
    }
    const result = parseWebbench(finished.stdout);
    const durationMs = seconds(request) * 1000;
    const bytes = (result.bytesPerSecond * durationMs) / 1000;
    const counts = {
      succeeded: result.succeeded,
      failed: result.failed > 0 ? { unspecified: result.failed } : {},
    };
    return {
      // The byte count is a 32-bit integer: near its end it cannot be believed.
      window: { durationMs, ...counts, bytes: bytes >= 0 && bytes < 2 ** 30 ? bytes : null, halves: null },
      total: { started: null, connected: null, ...counts, unanswered: null },
      stalled: null,
      cpu: null,
      connectTime: null,
      responseTime: null,
      notes: [
        'webbench looks at neither status nor length, and requests that were never answered stand nowhere in its figures.',
      ],
    };
  },
};

export default webbench;
