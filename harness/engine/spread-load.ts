import { jerriesOf, type JerriesContext } from '../core/jerries.ts';
import { sharesOf } from '../core/load-share.ts';
import type { Finished, HostSide, Load, LoadRequest, RunningProcess, Testbed } from '../core/plugin.ts';

/*
 * A load that several hosts make together. Each gets its share and the same start moment; the windows then lie side
 * by side, as their warm-ups have one fixed length.
 */

/** From the first start of a process until all are to be ready; one that is not says so and ends. */
const readyWithinMs = 1500;

/** The hosts that make a load: no more than it has connections. */
export const hostsOf = (testbed: Testbed, concurrency: number): HostSide[] =>
  jerriesOf(testbed).slice(0, concurrency);

/** The request as several hosts can make it: none of them can wait for a steady rate of all. */
export function withFixedWarmup({ warmupLimitMs = 0, ...request }: LoadRequest): LoadRequest {
  return { ...request, warmupMs: Math.max(request.warmupMs, warmupLimitMs) };
}

interface Spread {
  readonly hosts: readonly HostSide[];
  readonly load: Load;
  readonly request: LoadRequest;
  readonly limitMs: number;
  /** As soon as a process has been started. */
  started(running: RunningProcess, host: HostSide): void;
  /** When the last window has begun, and when the first one ends. */
  border(event: 'start' | 'end'): void;
}

/** Runs a load on its hosts to the end of all. */
export async function runSpread(spread: Spread): Promise<{ finished: Finished[]; context: JerriesContext }> {
  const { hosts, load, request, limitMs } = spread;
  const startAtMs = Date.now() + readyWithinMs;
  let waitingFor = hosts.length;
  let hasEnded = false;
  const onStdoutLine = (line: string): void => {
    const event = load.windowEvent?.(line);
    if (event === 'start' && --waitingFor === 0) spread.border('start');
    if (event !== 'end' || hasEnded) return;
    hasEnded = true;
    spread.border('end');
  };
  const shares = sharesOf(request, hosts.length);
  const running = await Promise.all(
    hosts.map(async (host, at) => {
      const own = { ...shares[at]!, startAtMs: startAtMs + (host.clockOffsetMs ?? 0) };
      const one = await host.start(load.command(own, host.machine), {
        limitMs: limitMs + readyWithinMs,
        onStdoutLine,
      });
      spread.started(one, host);
      return one;
    }),
  );
  const stopOthers = (ended: Finished): void => {
    // What the others would measure is part of nothing.
    if (ended.exitCode !== 0) for (const one of running) void one.stop({ graceMs: 1000 });
  };
  for (const one of running) void one.finished.then(stopOthers);
  return {
    finished: await Promise.all(running.map((one) => one.finished)),
    context: {
      startAtMs,
      hosts: hosts.map(({ cores, clockOffsetMs = 0, clockUncertaintyMs = 0 }, at) => ({
        concurrency: shares[at]!.concurrency,
        cores: [...cores],
        clockOffsetMs,
        clockUncertaintyMs,
      })),
    },
  };
}
