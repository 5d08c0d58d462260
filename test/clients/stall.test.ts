import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseGeneratorOutput, toHdr, type GeneratorResult } from '../../harness/core/generator-output.ts';
import { loadFlags, startGenerator, type Engine } from '../support/generator.ts';
import { startServer } from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

/**
 * A server that stands for one second of a window of ten, and otherwise answers in next to no time. With S the stall and
 * T the window, theory says:
 *
 * - An open loop: a request that is to start x before the stall's end takes x, and they start evenly. So a share of
 *   (S - x) / T takes longer than x, and the percentile p is S - (1 - p) T above 1 - S / T, and next to nothing below.
 *   Afterwards a queue of rate × S requests drains; at this rate that takes the server a few milliseconds.
 * - A closed loop with C connections has C requests in flight when the stall begins, which take S and the little more
 *   that they had waited already, and starts none before they have ended. So C of its requests take longer than any
 *   x < S, and no more: the percentile p is S above 1 - C / n, n being all requests, and next to nothing below.
 */
const stallMs = 1000;
const windowMs = 10_000;

async function loadThroughStall(
  engine: Engine,
  connections: number,
  more: readonly string[],
): Promise<{ result: GeneratorResult; stalledMs: number }> {
  const server = await startServer({ program: 'epoll-single', build: 'release' }, ['--backlog', '1024']);
  const times = { connections, warmupMs: 300, durationMs: windowMs, drainMs: 2000 };
  const generator = startGenerator('release', [...loadFlags({ engine, port: server.port }, times), ...more]);
  await waitUntil('the window starts', () => generator.stdout().includes('windowStart'));
  await sleep(windowMs / 2);
  const stoppedAt = performance.now();
  server.kill('SIGSTOP');
  await sleep(stallMs);
  server.kill('SIGCONT');
  const stalledMs = performance.now() - stoppedAt;
  const { exitCode, stdout } = await generator.exited;
  expect(exitCode).toBe(0);
  return { result: parseGeneratorOutput(stdout), stalledMs };
}

const percentileMs = ({ responseTimeUs }: GeneratorResult, percentile: number): number =>
  toHdr(responseTimeUs.buckets).getValueAtPercentile(percentile) / 1000;

const requestsAbove = ({ responseTimeUs }: GeneratorResult, ms: number): number =>
  responseTimeUs.buckets
    .filter(([lowestUs]) => lowestUs > ms * 1000)
    .reduce((sum, [, count]) => sum + count, 0);

/** Of the figure, or of the stall where that is more: a busy machine is late by some tens of milliseconds. */
const expectWithin5Percent = (value: number, theory: number, whole = 0): void => {
  expect(Math.abs(value - theory)).toBeLessThan(0.05 * Math.max(theory, whole));
};

/** Both engines at the same time: most of such a test is waiting. */
async function withBoth(check: (engine: Engine) => Promise<void>): Promise<void> {
  await Promise.all((['uring', 'epoll'] as const).map(check));
}

describe('a server that stalls for a second in ten', () => {
  it('shows in every request of an open loop that was to start meanwhile', () =>
    withBoth(async (engine) => {
      const { result, stalledMs } = await loadThroughStall(engine, 1000, ['--rate', '200']);
      expect(result.openLoop).toMatchObject({ waited: 0, before: { unstarted: 0 } });
      // But for those that lie across the borders of the window.
      expect(Math.abs(result.window.succeeded - result.openLoop!.planned)).toBeLessThanOrEqual(5);
      for (const percentile of [92, 94, 96, 98, 99, 99.5]) {
        const theory = stalledMs - (1 - percentile / 100) * result.windowMs;
        expectWithin5Percent(percentileMs(result, percentile), theory, stalledMs);
      }
      // Theory has an edge at 90 %, where the stall begins to show.
      expect(percentileMs(result, 85)).toBeLessThan(stalledMs / 2);
      expectWithin5Percent(
        requestsAbove(result, stalledMs / 2) / result.window.succeeded,
        stalledMs / 2 / result.windowMs,
      );
    }));

  it('shows in one request of each connection of a closed loop', () =>
    withBoth(async (engine) => {
      const connections = 4;
      // They take 20 ms each, so that the processor is left to the others.
      const { result, stalledMs } = await loadThroughStall(engine, connections, ['--send-delay', '20']);
      // A busy machine holds a request up for a tenth of a second by itself, but not for half of one.
      for (const share of [0.5, 0.7, 0.9]) expect(requestsAbove(result, stalledMs * share)).toBe(connections);
      const edge = 100 * (1 - connections / result.window.succeeded);
      expectWithin5Percent(percentileMs(result, (edge + 100) / 2), stalledMs);
      expect(edge).toBeGreaterThan(99);
      // An open loop has the same percentile at nine tenths of the stall.
      expect(percentileMs(result, 99)).toBeLessThan(stalledMs / 2);
    }));
});
