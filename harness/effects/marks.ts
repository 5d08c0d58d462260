import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** The environment variable that marks every process of a session, so that what it left behind can be found. */
export const sessionVariable = 'FORKBENCH_SESSION';

/**
 * Kills every process that carries the session's mark, and with it its process group, which only those can have
 * joined that we started; returns how many were found. The first process of a PID namespace carries it too, and
 * takes all that is in there along.
 */
export async function endMarked(id: string): Promise<number> {
  const ended = new Set<number>();
  // A process may fork while we look: look again until nobody is found.
  for (let round = 0, quiet = 0; round < 100 && quiet < 2; round++) {
    const found = await marked(id);
    for (const pid of found) {
      ended.add(pid);
      killGroupOf(pid);
    }
    quiet = found.length === 0 ? quiet + 1 : 0;
    if (found.length > 0) await sleep(10);
  }
  return ended.size;
}

/** The newest first: what forks all the time is found before it has ended. */
async function marked(id: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return pids
    .filter((pid) => pid !== process.pid)
    .sort((a, b) => b - a)
    .filter((pid) => isMarked(pid, id));
}

function killGroupOf(pid: number): void {
  try {
    const group = groupOf(pid);
    // A group of ours is never that of the harness or of its guard: everything is started in a session of its own.
    if (group > 1 && group !== groupOf(process.pid)) process.kill(-group, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

function groupOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

function isMarked(pid: number, id: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${sessionVariable}=${id}`);
  } catch {
    return false; // Ended, or not ours to read.
  }
}
