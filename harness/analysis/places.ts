import type { Environment, Manifest } from '../core/manifest.ts';
import { differences, isObject } from './differences.ts';

/** Something in which two runs differ. Values are text, cut where they are long. */
export interface Difference {
  readonly name: string;
  readonly first: string;
  readonly second: string;
}

type Field<T> = readonly [name: string, value: (of: T) => unknown];

/** What makes another machine of it: figures from both sides of such a difference are not comparable. */
const machineFields: readonly Field<Environment>[] = [
  ['CPU', ({ cpuModel }) => cpuModel],
  ['number of CPUs', ({ cpuCount }) => cpuCount],
  ['virtualisation', ({ virtualization }) => virtualization],
  ['kind of hosts', ({ hostKind }) => hostKind],
  ["Tom's cores", ({ tom }) => tom.cores],
  ["Jerry's cores", ({ jerry }) => jerry.cores],
  ["further Jerrys' cores", ({ otherJerries }) => otherJerries?.map(({ cores }) => cores)],
  ['cores that process what Tom receives', ({ tom }) => tom.receiveCores],
  ['cores that process what Jerry receives', ({ jerry }) => jerry.receiveCores],
  ['shared cores', ({ sharedCores }) => sharedCores],
  [
    "the hosts' machines",
    ({ hosts }) =>
      hosts?.map(({ name, role, cpuModel, cpuCount, virtualization }) =>
        [role, name, cpuModel, cpuCount, virtualization].join(' '),
      ),
  ],
];

/** What may change a figure, and may be just what somebody wants to compare. */
const systemFields: readonly Field<Environment>[] = [
  ['kernel', ({ kernel }) => kernel],
  ['operating system', ({ operatingSystem }) => operatingSystem],
  ['mitigations', ({ mitigations }) => mitigations],
  ["the harness's cores", ({ harnessCores }) => harnessCores],
  ['root', ({ root }) => root],
  [
    "the hosts' systems",
    ({ hosts }) => hosts?.map(({ kernel, operatingSystem }) => `${operatingSystem} ${kernel}`),
  ],
];

/** How the load was made: by which load with which options, and for how long. Other windows see other things. */
const loadFields: readonly Field<Manifest>[] = [
  ['loads', ({ scenario }) => scenario.loads],
  ['windows in ms', ({ repeats }) => windowsOf(repeats)],
];

/** Whether it was measured on machines of their own, beside which figures of namespaces belong into no table. */
export const isOnMachines = ({ environment }: Manifest): boolean => environment.hostKind === 'ssh';

/** The name of what runs of one scenario on one kind of hosts share: their page, their history. */
export const placedName = (manifest: Manifest): string =>
  isOnMachines(manifest) ? `${manifest.scenario.name}-ssh` : manifest.scenario.name;

/** How long timed repeats are measured, in milliseconds, ascending. */
export function windowsOf(repeats: Manifest['repeats']): number[] {
  const windows = repeats.filter(({ pass }) => pass === 'timed').map(({ windowMs }) => windowMs);
  return [...new Set(windows)].sort((a, b) => a - b);
}

export const loadDifferences = (first: Manifest, second: Manifest): Difference[] =>
  differing(loadFields, first, second);

export const machineDifferences = (first: Environment, second: Environment): Difference[] =>
  differing(machineFields, first, second);

/** System and kernel settings, each setting by its name. */
export function systemDifferences(first: Environment, second: Environment): Difference[] {
  return [
    ...differing(systemFields, first, second),
    ...byName("Tom's", first.tom.sysctls, second.tom.sysctls),
    ...byName("Jerry's", first.jerry.sysctls, second.jerry.sysctls),
  ];
}

/** Programs by their hashes, shortened to twelve digits. */
export function programDifferences(first: Manifest, second: Manifest): Difference[] {
  const short = (hashes: Manifest['programs']): Record<string, string> =>
    Object.fromEntries(Object.entries(hashes).map(([name, hash]) => [name, hash.slice(0, 12)]));
  return byName('program', short(first.programs), short(second.programs));
}

/** Fields of the scenario as it was run, each by its name. */
export function scenarioDifferences(first: Manifest, second: Manifest): Difference[] {
  return byName('scenario,', first.scenario, second.scenario);
}

function differing<T>(fields: readonly Field<T>[], first: T, second: T): Difference[] {
  return fields.flatMap(([name, value]) => difference(name, value(first), value(second)));
}

function byName(prefix: string, first: object, second: object): Difference[] {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])].sort();
  const of = (all: object, name: string): unknown => (all as Record<string, unknown>)[name];
  return names.flatMap((name) => difference(`${prefix} ${name}`, of(first, name), of(second, name)));
}

/** Of a value with parts: so many that differ are named each, more are told as one. */
const mostNamed = 3;

function difference(name: string, first: unknown, second: unknown): Difference[] {
  const found = differences(first, second, name);
  if (found.length === 0) return [];
  const hasParts = isObject(first) && isObject(second);
  if (!hasParts || found.length > mostNamed) return [{ name, first: brief(first), second: brief(second) }];
  return found.map(({ path, recorded, recomputed }) => ({
    name: path,
    first: brief(recorded),
    second: brief(recomputed),
  }));
}

function brief(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** `kernel (6.1.0, then 6.18.0)`. */
export function differenceText({ name, first, second }: Difference): string {
  // Two long values that differ in the middle would look the same.
  return first === second ? name : `${name} (${first}, then ${second})`;
}
