/** Where two values differ, as a path such as `kernel.tom.tcpExt.ListenOverflows` or `cpu.cores[1].idleMs`. */
export interface Difference {
  readonly path: string;
  /** Undefined: not there. */
  readonly recorded: unknown;
  readonly recomputed: unknown;
}

/**
 * All differences of two values that could be JSON, deepest first where they have the same form: a field that is
 * undefined is one that is not there, and numbers are the same or they are not.
 */
export function differences(recorded: unknown, recomputed: unknown, path: string): Difference[] {
  if (recorded === recomputed) return [];
  if (Array.isArray(recorded) && Array.isArray(recomputed) && recorded.length === recomputed.length) {
    return recorded.flatMap((one, index) => differences(one, recomputed[index], `${path}[${index}]`));
  }
  if (isObject(recorded) && isObject(recomputed)) {
    const names = new Set([...Object.keys(recorded), ...Object.keys(recomputed)]);
    return [...names].flatMap((name) => differences(recorded[name], recomputed[name], `${path}.${name}`));
  }
  return [{ path, recorded, recomputed }];
}

/** Whether it has named parts. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
