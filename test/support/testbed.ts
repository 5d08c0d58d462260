import type { Disturbance, Disturbing, Machine, RunningProcess, Testbed } from '../../harness/core/plugin.ts';
import type { DisturbanceChoice } from '../../harness/core/scenario.ts';
import { usableCores } from '../../harness/effects/cores.ts';
import { createMachine } from '../../harness/effects/machine.ts';
import { loadPlugin } from '../../harness/effects/registry.ts';
import { openSession } from '../../harness/effects/session.ts';
import { makeWorkplace, type Workplace } from './harness.ts';

/** Tom and Jerry as a run has them, for a test that looks at one part of a repeat from within. */
export interface OpenTestbed {
  readonly workplace: Workplace;
  readonly machine: Machine;
  readonly testbed: Testbed;
  /** Starts one of our servers on Tom; it listens when this resolves. */
  startServer(program: string, ...flags: string[]): Promise<RunningProcess>;
  disturb(plugin: string, params: DisturbanceChoice['params'], server: RunningProcess): Promise<Disturbing>;
  close(): Promise<void>;
}

const limitMs = 60_000;

export async function openTestbed(): Promise<OpenTestbed> {
  const workplace = makeWorkplace();
  // For as long as it is open: by this its processes are found.
  process.env['FORKBENCH_SESSIONS'] = workplace.sessions;
  const session = await openSession(['test'], () => undefined);
  const machine = createMachine(session);
  const [core = 0] = await usableCores();
  const netns = await loadPlugin('hosts', 'netns');
  const testbed = await netns.open(machine, { tom: [core], jerry: [core] });
  return {
    workplace,
    machine,
    testbed,
    async startServer(program, ...flags) {
      const place = ['--host', testbed.tom.address, '--port', String(testbed.port)];
      const server = await testbed.tom.start([machine.program(program), ...place, ...flags], { limitMs });
      const waiting = ['--wait-ready-ms', '10000', ...place];
      const asked = await testbed.jerry.run([machine.program('shortconn'), ...waiting], { limitMs });
      if (asked.exitCode !== 0) throw new Error(asked.stderr);
      return server;
    },
    async disturb(plugin, params, server) {
      const disturbance: Disturbance = await loadPlugin('disturbances', plugin);
      const problem = await disturbance.check(machine);
      if (problem) throw new Error(problem.reason);
      return disturbance.start({ machine, testbed, server }, { plugin, params });
    },
    async close() {
      await testbed.close();
      await session.close();
      delete process.env['FORKBENCH_SESSIONS'];
      workplace.remove();
    },
  };
}
