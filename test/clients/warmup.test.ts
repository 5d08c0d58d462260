import { describe, expect, it } from 'vitest';
import { parseGeneratorOutput } from '../../harness/core/generator-output.ts';
import { loadResultSchema } from '../../harness/core/record.ts';
import epoll from '../../harness/plugins/loads/epoll.ts';
import {
  describeEngines,
  inBothBuilds,
  load,
  loadFlags,
  startGenerator,
  type Engine,
} from '../support/generator.ts';
import { startScriptedServer } from '../support/scripted-server.ts';
import { startServer } from '../support/server-process.ts';

const startSteadyServer = () =>
  startServer({ program: 'epoll-prefork', build: 'release' }, ['--backlog', '128']);

const oneThread: readonly Engine[] = ['uring', 'epoll'];

const request = {
  address: '127.0.0.1',
  port: 1,
  concurrency: 4,
  warmupMs: 100,
  windowMs: 200,
  drainMs: 300,
  choice: { id: 'epoll', params: {} },
};

const upTo = (limitMs: number): string[] => ['--warmup-limit-ms', String(limitMs)];

describeEngines(
  'a warm-up with a limit',
  (engine) => {
    it('ends when the rate is steady', () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startSteadyServer();
        const limitMs = 20_000;
        const { warmup } = await load(generator, server.port, { warmupMs: 100, more: upTo(limitMs) });
        expect(warmup?.settled).toBe(true);
        expect(warmup?.durationMs).toBeGreaterThanOrEqual(100);
        expect(warmup?.durationMs).toBeLessThan(limitMs);
      }));

    it('is not shorter than it has to be', () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startSteadyServer();
        const { warmup } = await load(generator, server.port, { warmupMs: 1500, more: upTo(20_000) });
        expect(warmup?.settled).toBe(true);
        expect(warmup?.durationMs).toBeGreaterThanOrEqual(1500);
      }));

    it('lasts to its limit when nothing is answered', () =>
      inBothBuilds(engine, async (generator) => {
        const server = await startScriptedServer(() => {});
        const { warmup, total } = await load(generator, server.port, { warmupMs: 100, more: upTo(800) });
        expect(total.succeeded).toBe(0);
        expect(warmup?.settled).toBe(false);
        expect(warmup?.durationMs).toBeGreaterThanOrEqual(800);
      }));

    it('is in what the load says of itself', () =>
      inBothBuilds(engine, async ({ build }) => {
        const server = await startSteadyServer();
        const flags = loadFlags({ engine, port: server.port }, { warmupMs: 100 });
        const { stdout, stderr } = await startGenerator(build, [...flags, ...upTo(20_000)]).exited;
        const finished = {
          command: 'shortconn',
          exitCode: 0,
          signal: null,
          timedOut: false,
          stdout,
          stderr,
        };
        const { warmup } = parseGeneratorOutput(stdout);
        expect(loadResultSchema.parse(epoll.parse(finished, request)).warmup).toEqual(warmup);
        expect(warmup?.settled).toBe(true);
      }));

    it('is no part of the window, which starts behind it', () =>
      inBothBuilds(engine, async ({ build }) => {
        const server = await startSteadyServer();
        const flags = loadFlags({ engine, port: server.port }, { warmupMs: 100, durationMs: 300 });
        const startedNs = process.hrtime.bigint();
        const { stdout } = await startGenerator(build, [...flags, ...upTo(20_000)]).exited;
        const { warmup, window, windowMs, total } = parseGeneratorOutput(stdout);
        const [startNs, endNs] = stdout
          .split('\n')
          .slice(0, 2)
          .map((line) => (JSON.parse(line) as { monotonicNs: number }).monotonicNs);

        // Both clocks are the system's monotonic one.
        expect((startNs! - Number(startedNs)) / 1e6).toBeGreaterThanOrEqual(warmup!.durationMs - 0.001);
        expect((endNs! - startNs!) / 1e6).toBeCloseTo(windowMs, 1);
        expect(windowMs).toBeGreaterThanOrEqual(300);
        expect(window.firstHalf.durationMs).toBeGreaterThanOrEqual(150);
        expect(window.secondHalf.durationMs).toBeLessThanOrEqual(windowMs - 150);
        expect(window.succeeded).toBeGreaterThan(0);
        expect(window.succeeded).toBeLessThan(total.succeeded);
      }));
  },
  oneThread,
);

describeEngines('a warm-up of a fixed length', (engine) => {
  it('is said to be neither steady nor not', () =>
    inBothBuilds(engine, async (generator) => {
      const server = await startSteadyServer();
      const fixed = engine === 'processes' ? upTo(20_000) : upTo(100);
      for (const more of [[], fixed]) {
        const { warmup } = await load(generator, server.port, { warmupMs: 100, more });
        expect(warmup?.settled).toBeNull();
        expect(warmup?.durationMs).toBeGreaterThanOrEqual(100);
      }
    }));
});

describe('a warm-up of processes', () => {
  it('lasts as long as it is told, whatever the limit', async () => {
    const server = await startSteadyServer();
    const times = { warmupMs: 100, more: upTo(20_000) };
    const { warmup } = await load({ engine: 'processes', build: 'release' }, server.port, times);
    expect(warmup).toEqual({ durationMs: 100, settled: null });
  });
});
