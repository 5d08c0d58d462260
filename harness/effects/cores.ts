import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
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

/** The command that runs `argv` on these cores; without cores, on any. */
export const pinned = (cores: readonly number[], argv: readonly string[]): string[] =>
  cores.length === 0 ? [...argv] : ['taskset', '-c', cpuList(cores), ...argv];

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

/** Cores for both hosts, and what a reader must know of them. */
interface CoreChoice {
  readonly layout: CoreLayout;
  readonly harness: readonly number[];
  readonly note: string | null;
}

/**
 * Gives each host its cores and moves the harness away from Tom's. Where processes cannot be pinned nobody gets any,
 * and `say` hears how that is mended.
 */
export async function chooseCores(
  machine: Machine,
  wanted: { tomCores: number; jerryCores: number; jerries?: number | undefined },
  say: (line: string) => void,
): Promise<CoreChoice> {
  const usable = await usableCores();
  if ((await machine.which('taskset')) === null) {
    const note =
      'Nothing was pinned to cores, since taskset is missing: Tom, Jerry and the harness share all of them.';
    say(`note: ${note} To have it: apt-get install util-linux.`);
    const none = { tom: [], jerry: [] };
    const others = Array.from({ length: (wanted.jerries ?? 1) - 1 }, () => []);
    const layout = others.length === 0 ? none : { ...none, otherJerries: others };
    return { layout, harness: usable, note };
  }
  const { enoughForTom, ...first } = layOutCores(usable, wanted.tomCores, wanted.jerryCores);
  const otherJerries = otherJerriesCores(usable, first, wanted);
  const layout = otherJerries.length === 0 ? first : { ...first, otherJerries };
  const note = enoughForTom
    ? null
    : `The scenario asks for ${wanted.tomCores} cores for Tom; this machine lets us use ${layout.tom.length}.`;
  return { layout, harness: await pinHarness(layout, usable), note };
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

/** Each further Jerry gets the next cores; where they run out, those of the first, which then give less to each. */
function otherJerriesCores(
  usable: readonly number[],
  { tom, jerry }: CoreLayout,
  { jerryCores, jerries = 1 }: { jerryCores: number; jerries?: number | undefined },
): number[][] {
  const free = usable.filter((core) => !tom.includes(core) && !jerry.includes(core));
  return Array.from({ length: jerries - 1 }, (_, at) => {
    const own = free.slice(at * jerryCores, (at + 1) * jerryCores);
    return own.length === jerryCores ? own : [...jerry];
  });
}

/**
 * Moves the harness off Tom's cores, or, where that leaves none, onto Jerry's. Returns the cores it may use now,
 * or all usable ones where it may not be moved.
 */
async function pinHarness(layout: CoreLayout, usable: readonly number[]): Promise<number[]> {
  const notToms = usable.filter((core) => !layout.tom.includes(core));
  const loading = [layout.jerry, ...(layout.otherJerries ?? [])].flat();
  const unused = notToms.filter((core) => !loading.includes(core));
  const wanted = unused.length > 0 ? unused : notToms.length > 0 ? notToms : [...layout.jerry];
  // Not through the machine: a process that is contained may know us by another id.
  const moving = execa('taskset', ['-a', '-c', '-p', cpuList(wanted), String(process.pid)], {
    reject: false,
  });
  return (await moving).exitCode === 0 ? wanted : [...usable];
}
