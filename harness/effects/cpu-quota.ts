import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.ts';
import type { Leftover, Machine, Problem } from '../core/plugin.ts';
import { cpuGroupOf, moveProcess, processesIn } from './control-groups.ts';
import { family } from './pids.ts';
import { endGroup } from './undo.ts';

/** What somebody is held to, as a parameter in scenarios. */
export const quotaParams = z.strictObject({ share: z.number().min(0.05).max(1) });

/**
 * In which the share is used up and given anew. Short, so that requests see a slow core and not one that stands still
 * for most of a tenth of a second; long enough for the least share to be a millisecond, below which no quota goes.
 */
const periodUs = 20_000;

/** A control group whose processes together get at most a share of one core. */
interface QuotaGroup {
  /** Moves a process into it, and all that descends from it. */
  hold(pid: number): Promise<void>;
  /** Puts its processes back to where they came from, and removes it. */
  remove(): Promise<void>;
}

/** Why there can be no such group; null when there can. */
export async function quotaProblem(machine: Machine): Promise<Problem | null> {
  if (!machine.isLocal)
    return { reason: 'groups are made on the machine of the harness', remedy: 'use --hosts netns' };
  if (!machine.root)
    return { reason: 'only root may hold processes to a share of a core', remedy: 'run as root' };
  try {
    const group = await makeQuotaGroup(machine, 'trial', 0.5);
    await group.remove();
    return null;
  } catch (error) {
    const remedy = error instanceof UserError ? error.remedy : undefined;
    return {
      reason: `processes cannot be held to a share of a core: ${messageOf(error)}`,
      remedy: remedy ?? 'run where /sys/fs/cgroup may be written, which it may not in most containers',
    };
  }
}

/** Makes an empty group of that name. Throws where this machine does not allow it, UserError with the remedy if known. */
export async function makeQuotaGroup(machine: Machine, name: string, share: number): Promise<QuotaGroup> {
  const place = await cpuGroupOf('self');
  if (place === null) {
    throw new UserError(
      'no control groups with the cpu controller are mounted here',
      'mount -t cgroup2 none /sys/fs/cgroup',
    );
  }
  // A group of version 2 that holds processes hands no controller down, and ours may be such a one.
  const parent = place.version === 1 ? place.own : place.top;
  const path = join(parent, `forkbench-${machine.sessionId}-${name}`);
  const leftover: Leftover = { kind: 'cgroup', path };
  const end = async (): Promise<void> => {
    await endGroup(path);
    await machine.forget(leftover);
  };
  await machine.remember(leftover);
  try {
    await mkdir(path);
    await setQuota(path, parent, Math.round(share * periodUs));
  } catch (error) {
    await end();
    throw error;
  }
  let origin = parent;
  return {
    async hold(pid) {
      origin = (await cpuGroupOf(pid))?.own ?? parent;
      await moveFamily(pid, path);
    },
    async remove() {
      // What forks while it is moved leaves a child behind, which the next look finds.
      for (let left = await processesIn(path); left.length > 0; left = await processesIn(path)) {
        for (const pid of left) await moveProcess(pid, origin);
      }
      await end();
    },
  };
}

async function setQuota(path: string, parent: string, quotaUs: number): Promise<void> {
  const legacy = join(path, 'cpu.cfs_quota_us');
  const unified = join(path, 'cpu.max');
  if (existsSync(legacy)) {
    await writeFile(join(path, 'cpu.cfs_period_us'), String(periodUs));
    await writeFile(legacy, String(quotaUs));
  } else if (existsSync(unified)) {
    await writeFile(unified, `${quotaUs} ${periodUs}`);
  } else {
    throw new UserError(
      `groups below ${parent} do not get the cpu controller`,
      `echo +cpu > ${join(parent, 'cgroup.subtree_control')}`,
    );
  }
}

/** Moves a process and its descendants, those too that come into being meanwhile: outside of the group, that is. */
async function moveFamily(root: number, path: string): Promise<void> {
  const tried = new Set<number>();
  for (;;) {
    const members = family(root);
    const inside = new Set(await processesIn(path));
    const outside = members.filter((pid) => !inside.has(pid) && !tried.has(pid));
    if (outside.length === 0) return;
    for (const pid of outside) {
      tried.add(pid);
      await moveProcess(pid, path);
    }
  }
}
