import type { PlannedRepeat } from '../core/manifest.ts';
import type { HostSide, Load, LoadRequest, ProbeSession, RunningProcess, Testbed } from '../core/plugin.ts';
import type { RawTexts } from '../core/raw-texts.ts';
import type { LoadChoice } from '../core/scenario.ts';
import { loadTexts, spreadLoadTexts } from './load-output.ts';
import { howItEnded } from './readiness.ts';
import { hostsOf, runSpread, withFixedWarmup } from './spread-load.ts';
import type { Teardown } from './teardown.ts';

/** What of a repeat its load has to do with. */
interface LoadSetup {
  readonly planned: PlannedRepeat;
  readonly testbed: Testbed;
  readonly load: Load;
  readonly loadChoice: LoadChoice;
  readonly port: number;
  readonly onStep: (step: 'window' | 'drain') => void;
}

/** Beyond what its load announces, a repeat's load may take this long before its group is killed. */
const loadSlackMs = 10_000;

export function loadRequest({ testbed, planned, loadChoice, port }: LoadSetup): LoadRequest {
  const request = {
    address: testbed.tom.address,
    port,
    concurrency: planned.cell.concurrency,
    warmupMs: planned.warmupMs,
    ...(planned.warmupLimitMs === undefined ? {} : { warmupLimitMs: planned.warmupLimitMs }),
    windowMs: planned.windowMs,
    drainMs: planned.drainMs,
    choice: loadChoice,
  };
  return hostsOf(testbed, request.concurrency).length > 1 ? withFixedWarmup(request) : request;
}

export function loadLimitMs({ planned, load }: LoadSetup): number {
  const { warmupMs, warmupLimitMs = warmupMs, windowMs, drainMs, cell } = planned;
  return warmupLimitMs + windowMs + drainMs + 2 * load.overheadMs(cell.concurrency) + loadSlackMs;
}

/** Whoever takes part in a load. */
type Listener = Pick<ProbeSession, 'loadStarted' | 'windowStart' | 'windowEnd'>;

/**
 * Runs the load to its end; listeners hear when it has been started, and when its window starts and ends. Resolves with
 * its part of the raw output.
 */
export async function runLoad(
  setup: LoadSetup,
  teardown: Teardown,
  server: RunningProcess,
  listeners: readonly Listener[],
): Promise<RawTexts> {
  const { load, testbed } = setup;
  const request = loadRequest(setup);
  const limitMs = loadLimitMs(setup);
  const notices: Promise<unknown>[] = [];
  const notify = (border: 'windowStart' | 'windowEnd'): void => {
    notices.push(...listeners.map(async (listener) => listener[border]?.()));
    setup.onStep(border === 'windowStart' ? 'window' : 'drain');
  };
  const border = (event: 'start' | 'end' | null | undefined): void => {
    if (event === 'start') notify('windowStart');
    if (event === 'end') notify('windowEnd');
  };
  const started = (running: RunningProcess, side: HostSide): void => {
    teardown.add(() => running.stop());
    notices.push(...listeners.map(async (listener) => listener.loadStarted?.(running, side)));
    // A load whose server died would retry until its time is up.
    void server.finished.then(() => running.stop({ graceMs: 1000 }));
  };
  const hosts = hostsOf(testbed, request.concurrency);
  if (hosts.length > 1) {
    const spread = await runSpread({ hosts, load, request, limitMs, started, border });
    await Promise.all(notices);
    return spreadLoadTexts(spread.finished, spread.context, await howServerEnded(server));
  }
  const running = await testbed.jerry.start(load.command(request, testbed.jerry.machine), {
    limitMs,
    onStdoutLine: (line) => border(load.windowEvent?.(line)),
  });
  started(running, testbed.jerry);
  if (!load.windowEvent) notify('windowStart');
  const finished = await running.finished;
  if (!load.windowEvent) notify('windowEnd');
  await Promise.all(notices);
  return loadTexts(finished, await howServerEnded(server));
}

/** Null while it runs. */
async function howServerEnded(server: RunningProcess): Promise<string | null> {
  const ended = await Promise.race([server.finished, Promise.resolve(null)]);
  return ended && howItEnded(ended);
}
