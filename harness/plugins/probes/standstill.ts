import { setTimeout as sleep } from 'node:timers/promises';
import type { Machine, Probe } from '../../core/plugin.ts';
import { listeningLines } from '../../core/listeners.ts';
import { parseStandstill, standstillFiles, type Look } from '../../core/standstill-output.ts';
import { serverTree, type ServerProcess } from '../../effects/server-tree.ts';

/**
 * After the window the load opens no further connection, and holds those that it has until the drain is over. What a
 * server that works has in its queue it has taken by then.
 */
const afterMs = 150;

/** Looks at the queue, and how far apart: a client that comes again after a back-off is in one of them at most. */
const looks = 5;
const betweenLooksMs = 15;

/**
 * Whether anybody is left waiting when nothing new comes, and in which call of the kernel each process of the server
 * sleeps then: what shows that a parent and its workers wait for each other.
 */
const standstill: Probe = {
  summary:
    "who is left in the accept queue when the load ends, and the kernel's stacks of the server's processes",
  check: async (machine) =>
    machine.root
      ? null
      : {
          reason: 'only root may read in which call a process sleeps',
          remedy: 'run as root',
          bearable: true,
        },

  async start({ testbed: { tom, port }, server }) {
    const processes = await serverTree(tom, server.pid);
    let texts: Record<string, string> = {};
    return {
      async windowEnd() {
        const ended = performance.now();
        await sleep(afterMs);
        const queues: string[] = [];
        for (let at = 0; at < looks; at += 1) {
          if (at > 0) await sleep(betweenLooksMs);
          const [tcp] = await tom.readFiles(['/proc/net/tcp']);
          queues.push(listeningLines(tcp!));
        }
        const look: Look = {
          port,
          processes: await Promise.all(processes.map((process) => lookAt(tom.machine, process))),
          afterMs: performance.now() - ended,
        };
        texts = {
          [standstillFiles.look]: JSON.stringify(look),
          [standstillFiles.queue]: queues.join('\n'),
        };
      },
      finish: async () => texts,
    };
  },

  parse: (raw) => ({ standstill: parseStandstill(raw) }),
};

async function lookAt(
  machine: Machine,
  { pid, innerPid, role }: ServerProcess,
): Promise<Look['processes'][number]> {
  const read = (name: string): Promise<string> => machine.readFile(`/proc/${pid}/${name}`);
  return {
    role,
    pid: innerPid,
    status: await read('status'),
    stack: await read('stack').catch(() => null),
  };
}

export default standstill;
