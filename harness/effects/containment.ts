import { mkdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, UserError } from '../core/errors.ts';
import { containmentKinds, type Environment } from '../core/manifest.ts';
import type { Leftover, RunningProcess } from '../core/plugin.ts';
import { ownGroup } from './control-groups.ts';
import { startHolder } from './namespaces.ts';
import { innerPid } from './pids.ts';
import { noEntrance, startProcess, type Entrance } from './processes.ts';
import { endGroup } from './undo.ts';

/*
 * What keeps processes from outliving the session that started them, even one that forks all the time, has left its
 * process group and has cleared its environment. The strongest that this machine allows is taken:
 *
 * cgroup         a control group of version 2 of the session's own, which the kernel kills as a whole
 * pid-namespace  a PID namespace, which the kernel ends with its first process; that one ends with the harness
 * groups         process groups and a mark in the environment: a process that leaves the one and clears the other
 *                gets away
 */

export interface Containment {
  readonly kind: Environment['containment'];
  readonly entrance: Entrance;
}

interface Notes {
  remember(leftover: Leftover): Promise<void>;
  forget(leftover: Leftover): Promise<void>;
}

const onlyGroups =
  'processes are contained in groups alone, since neither a control group nor a PID namespace can be made here: ' +
  'one that leaves its group and clears its environment outlives a harness that is killed. To have better: ' +
  'run as root, or allow user namespaces.';

/**
 * Chooses the containment of a session; `report` hears where it is a weak one. Throws UserError where one is forced
 * that cannot be had.
 */
export async function contain(
  sessionId: string,
  notes: Notes,
  report: (line: string) => void,
): Promise<Containment> {
  const forced = process.env['FORKBENCH_CONTAINMENT'];
  if (forced !== undefined && !containmentKinds.some((kind) => kind === forced)) {
    throw new UserError(
      `FORKBENCH_CONTAINMENT: "${forced}" is unknown`,
      `choose from ${containmentKinds.join(', ')}`,
    );
  }
  for (const kind of containmentKinds.filter((one) => forced === undefined || one === forced)) {
    try {
      const entrance = await entrances[kind](sessionId, notes);
      if (kind === 'groups' && forced === undefined) report(`note: ${onlyGroups}`);
      return { kind, entrance };
    } catch (error) {
      if (forced !== undefined) {
        throw new UserError(`containment ${kind}: ${messageOf(error)}`, 'unset FORKBENCH_CONTAINMENT');
      }
    }
  }
  throw new Error('unreachable: process groups can always be had');
}

/** How processes get into each; an Error says why it cannot be had. Each is tried before it is believed. */
const entrances: Record<Containment['kind'], (sessionId: string, notes: Notes) => Promise<Entrance>> = {
  async cgroup(sessionId, notes) {
    const parent = ownGroup(
      await readFile('/proc/self/cgroup', 'utf8'),
      await readFile('/proc/self/mountinfo', 'utf8'),
    );
    if (parent === null) throw new Error('no control groups of version 2 are mounted here');
    const path = join(parent, `forkbench-${sessionId}`);
    const leftover: Leftover = { kind: 'cgroup', path };
    await notes.remember(leftover);
    try {
      await mkdir(path);
      if (!existsSync(join(path, 'cgroup.kill'))) throw new Error('the kernel has no cgroup.kill (5.14 has)');
      // One with a share of the CPU of its own would change what is measured.
      const controllers = (await readFile(join(path, 'cgroup.controllers'), 'utf8')).trim().split(' ');
      if (controllers.includes('cpu')) throw new Error('a group here would share out the CPU');
      // Before the program starts, and never joined into shell text.
      const script = 'echo 0 > "$0" && exec "$@"';
      const entrance = { argv: ['sh', '-c', script, join(path, 'cgroup.procs')], forks: false };
      await tryEntrance(sessionId, entrance);
      return entrance;
    } catch (error) {
      await endGroup(path);
      await notes.forget(leftover);
      throw error;
    }
  },

  async 'pid-namespace'(sessionId) {
    const isRoot = process.getuid?.() === 0;
    const first = await startFirst(sessionId, isRoot ? [] : ['unshare', '--user', '--map-root-user']);
    const userNamespace = isRoot ? [] : ['--user', '--preserve-credentials'];
    const entrance = {
      argv: ['nsenter', '--target', String(first.pid), ...userNamespace, '--pid', '--mount', '--'],
      forks: true,
    };
    try {
      await tryEntrance(sessionId, entrance);
      return entrance;
    } catch (error) {
      await first.stop({ signal: 'SIGKILL' });
      throw error;
    }
  },

  groups: async () => noEntrance,
};

/**
 * Starts the first process of a PID namespace, which sees a /proc of its own. The kernel kills it, and with it all
 * that is in there, when the harness is gone. It ignores the ends of those that are left to it, so that they vanish.
 */
async function startFirst(sessionId: string, asRoot: readonly string[]): Promise<RunningProcess> {
  const { holder } = await startHolder(
    (argv, options) => startProcess(argv, { sessionId, entrance: { argv: [], forks: true } }, options),
    [
      ...asRoot,
      // After the user namespace: whoever gains rights by one loses the signal.
      ...['setpriv', '--pdeathsig', 'KILL'],
      ...['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
      ...['sh', '-c', 'trap "" CHLD; echo ready; exec sleep infinity'],
    ],
  );
  if (innerPid(holder.pid) === 1) return holder;
  await holder.stop({ signal: 'SIGKILL' });
  throw new Error('the first process of the PID namespace was not found');
}

async function tryEntrance(sessionId: string, entrance: Entrance): Promise<void> {
  const attempt = await startProcess(['true'], { sessionId, entrance }, { limitMs: 10_000 });
  const { exitCode, startError, stderr } = await attempt.finished;
  if (exitCode !== 0) throw new Error(startError ?? (stderr.trim() || `exit code ${String(exitCode)}`));
}
