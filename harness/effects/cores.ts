import { readFile } from 'node:fs/promises';
import type { CoreLayout, Machine } from '../core/plugin.ts';

/** Reads a kernel CPU list such as `0-3,8`. */
export function parseCpuList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first, last] = part.split('-').map(Number);
      return Array.from({ length: (last ?? first!) - first! + 1 }, (_, offset) => first! + offset);
    });
}

/** A CPU list as taskset takes it. */
export const cpuList = (cores: readonly number[]): string => cores.join(',');

/** The cores that this process may use, one of each pair of hyper-threads first: siblings share an execution unit. */
export async function usableCores(): Promise<number[]> {
  const status = await readFile('/proc/self/status', 'utf8');
  const allowed = parseCpuList(/^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? '0');
  const firstOfCore = await Promise.all(
    allowed.map(async (core) => {
      const path = `/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`;
      const siblings = parseCpuList(await readFile(path, 'utf8').catch(() => String(core)));
      return siblings.find((sibling) => allowed.includes(sibling)) === core;
    }),
  );
  return [
    ...allowed.filter((_, index) => firstOfCore[index]),
    ...allowed.filter((_, index) => !firstOfCore[index]),
  ];
}

/** Gives Tom the first cores and Jerry the next; where they run out, Jerry shares Tom's last ones. */
export function layOutCores(
  usable: readonly number[],
  tomCores: number,
  jerryCores: number,
): CoreLayout & { enoughForTom: boolean } {
  const tom = usable.slice(0, tomCores);
  const own = usable.slice(tomCores, tomCores + jerryCores);
  const missing = jerryCores - own.length;
  const shared = missing > 0 ? tom.slice(-missing) : [];
  return { tom, jerry: [...shared, ...own], enoughForTom: tom.length === tomCores };
}

/**
 * Moves the harness off Tom's cores, or, where that leaves none, onto Jerry's. Returns the cores it may use now,
 * or all usable ones where taskset is missing.
 */
export async function pinHarness(
  machine: Machine,
  layout: CoreLayout,
  usable: readonly number[],
): Promise<number[]> {
  const notToms = usable.filter((core) => !layout.tom.includes(core));
  const unused = notToms.filter((core) => !layout.jerry.includes(core));
  const wanted = unused.length > 0 ? unused : notToms.length > 0 ? notToms : [...layout.jerry];
  const result = await machine.run(['taskset', '-a', '-c', '-p', cpuList(wanted), String(process.pid)]);
  return result.exitCode === 0 ? wanted : [...usable];
}
