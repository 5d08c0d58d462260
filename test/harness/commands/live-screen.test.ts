import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { liveScreen } from '../../../harness/commands/live-screen.ts';
import type { Load, Machine, RunningProcess, Testbed, Variant } from '../../../harness/core/plugin.ts';
import { runPlan } from '../../../harness/engine/run-plan.ts';
import { runRepeat } from '../../../harness/engine/repeat.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const { manifest, records } = madeUpRun({
  blocks: 1,
  scenario: { concurrencies: [5, 50], traced: undefined },
});

/** What happened, in its order: steps of the repeats, borders of windows, and writes to the terminal. */
let events: string[] = [];

beforeEach(() => void ((events = []), vi.useFakeTimers()));
afterEach(() => void vi.useRealTimers());

function fakeTerminal(columns = 80, rows = 24) {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      events.push('drawn');
      done();
    },
  });
  return Object.assign(stream, { isTTY: true, columns, rows, written: () => text });
}

/** Ends after `lifeMs`, or when it is stopped. */
function fakeProcess(lifeMs: number): RunningProcess {
  const ended = { command: '', exitCode: 0, signal: null, timedOut: false, stdout: '', stderr: '' };
  let end: (value: typeof ended) => void;
  const finished = new Promise<typeof ended>((resolve) => (end = resolve));
  if (Number.isFinite(lifeMs)) setTimeout(() => end(ended), lifeMs);
  return {
    pid: 1,
    command: '',
    finished,
    output: () => ({ stdout: '', stderr: '' }),
    stop: async () => (end(ended), finished),
  };
}

const warmupMs = 2000;
const windowMs = 30_000;
const drainMs = 5000;
const wholeRunMs = 6 * (warmupMs + windowMs + drainMs + 100);

const machine = { program: () => '', scratchDir: '' } as unknown as Machine;

const testbed = {
  renew: async () => undefined,
  tom: { address: '', machine, start: async () => fakeProcess(Infinity) },
  jerry: {
    machine,
    start: async (argv: readonly string[], { onStdoutLine }: { onStdoutLine?: (line: string) => void }) => {
      if (argv.includes('--wait-ready-ms')) return fakeProcess(10);
      setTimeout(() => onStdoutLine?.('start'), warmupMs);
      setTimeout(() => onStdoutLine?.('end'), warmupMs + windowMs);
      return fakeProcess(warmupMs + windowMs + drainMs);
    },
  },
} as unknown as Testbed;

const load = {
  command: () => [],
  overheadMs: () => 0,
  windowEvent: (line: string) => line,
  parse: () => records[0]!.load!,
} as unknown as Load;

const watchingProbe = {
  summary: '',
  check: async () => null,
  start: async () => ({
    windowStart: async () => void events.push('window starts'),
    windowEnd: async () => void events.push('window ends'),
    finish: async () => ({}),
  }),
  parse: () => ({}),
};

/** Makes the plan with the real engine, on fake hosts and a fake clock. */
function measureOn(screen: ReturnType<typeof liveScreen>) {
  const signal = new AbortController().signal;
  return runPlan({
    repeats: manifest.repeats,
    attempts: [],
    records: [],
    journal: {
      extend: async () => undefined,
      begin: async () => undefined,
      append: async ({ record }) => record,
    },
    makeRepeat: (planned, attempt, onStep) =>
      runRepeat({
        planned: { ...planned, warmupMs, windowMs, drainMs },
        attempt,
        position: planned.position,
        onStep,
        machine,
        testbed,
        variant: { command: () => [], countsItself: () => false } as unknown as Variant,
        variantChoice: manifest.scenario.variants[0]!,
        load,
        loadChoice: manifest.scenario.loads[0]!,
        probes: [{ name: 'watching', probe: watchingProbe }],
        unavailable: [],
        port: 1,
        signal,
      }),
    signal,
    events: screen,
  });
}

describe('the live screen', () => {
  it('draws nothing and waits for nothing while a window is measured, even when the terminal changes', async () => {
    const terminal = fakeTerminal();
    const screen = liveScreen(terminal, manifest, 'results/x');
    const running = measureOn(screen);
    await vi.advanceTimersByTimeAsync(warmupMs + 1000);
    expect(events.at(-1)).toBe('window starts');
    // Only the fake load's own: the end of its window and of its life.
    expect(vi.getTimerCount()).toBe(2);
    terminal.columns = 60;
    terminal.emit('resize');
    await vi.advanceTimersByTimeAsync(wholeRunMs);
    expect(await running).toHaveLength(6);
    screen.close();

    const windows = events.join('\n').split('window starts').slice(1);
    expect(windows).toHaveLength(6);
    for (const after of windows) expect(after).toMatch(/^\nwindow ends/);
    // It did draw: before each load, and while the last answers were waited for.
    const between = events.join('\n').split(/window (?:starts|ends)/);
    expect(between[0]).toMatch(/drawn/);
    expect(between[2]).toMatch(/drawn\ndrawn\ndrawn/);
  });

  it('leaves the last picture and nothing else that would write', async () => {
    const terminal = fakeTerminal();
    const screen = liveScreen(terminal, manifest, 'results/x');
    const running = measureOn(screen);
    await vi.advanceTimersByTimeAsync(wholeRunMs);
    await running;
    screen.close();
    expect(terminal.written()).toMatch(/6 repeats in 3 min 4\d s/);
    // The cursor was never hidden, so that it need not come back.
    expect(terminal.written()).not.toContain('\u001b[?25l');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says how far it came when it is closed early', () => {
    const terminal = fakeTerminal();
    const screen = liveScreen(terminal, manifest, 'results/x');
    screen.started(manifest.repeats[0]!);
    screen.finished(records[0]!);
    screen.started(manifest.repeats[1]!);
    screen.close();
    expect(terminal.written()).toMatch(/stopped after 1 of 6 repeats in 0 s/);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['yes', {}, true],
    ['no', { NO_COLOR: '1' }, false],
  ])('uses colours where they are wanted: %s', (_, env, coloured) => {
    vi.stubEnv('NO_COLOR', undefined);
    vi.stubEnv('FORCE_COLOR', undefined);
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const terminal = Object.assign(fakeTerminal(), {
      getColorDepth: () => ('NO_COLOR' in process.env ? 1 : 8),
    });
    const screen = liveScreen(terminal, manifest, 'results/x');
    screen.started(manifest.repeats[0]!);
    screen.close();
    vi.unstubAllEnvs();
    expect(terminal.written().includes('\u001b[7m')).toBe(coloured);
  });
});
