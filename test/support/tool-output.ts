import type { Finished, Load, LoadRequest } from '../../harness/core/plugin.ts';
import ab from '../../harness/plugins/loads/ab.ts';
import autocannon from '../../harness/plugins/loads/autocannon.ts';
import h2load from '../../harness/plugins/loads/h2load.ts';
import webbench from '../../harness/plugins/loads/webbench.ts';
import wrk from '../../harness/plugins/loads/wrk.ts';
import { captured, fixture } from './captured.ts';

/** The loads that are tools of others. */
export const loads: Readonly<Record<string, Load>> = { ab, autocannon, h2load, webbench, wrk };

/** How the captured runs were asked for. */
export const requestFor = (id: string, more: Partial<LoadRequest> = {}): LoadRequest => ({
  address: '127.0.0.1',
  port: 11111,
  concurrency: 5,
  warmupMs: 100,
  windowMs: 1000,
  drainMs: 0,
  choice: { id, params: {} },
  ...more,
});

/** The result of a captured run, such as `ab/good`, with changes. */
export const parse = (name: string, change: Partial<Finished> = {}) => {
  const id = name.split('/')[0]!;
  return loads[id]!.parse({ ...captured(name), ...change }, requestFor(id));
};

/** What webbench printed, inside of what timed-run would have printed about it. */
export function webbenchRun(
  name: string,
  exitCode: number | null = 175,
  signal: number | null = null,
): Finished {
  const ended = { exitCode, signal, stopped: false, windowMs: 3000, cpu: { userMs: 20, systemMs: 30 } };
  const event = JSON.stringify({ event: 'programEnded', ...ended });
  return {
    command: 'webbench',
    exitCode: exitCode ?? 137,
    signal: null,
    timedOut: false,
    stdout: `${fixture(`webbench/${name}.stdout`)}\n${event}\n`,
    stderr: fixture(`webbench/${name}.stderr`),
  };
}
