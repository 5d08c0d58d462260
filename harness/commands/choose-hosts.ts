import { UserError } from '../core/errors.ts';
import type { Environment } from '../core/manifest.ts';
import type { HostKind, Machine, Testbed } from '../core/plugin.ts';
import type { Scenario } from '../core/scenario.ts';
import { describeMachine } from '../effects/environment.ts';
import { measureLink } from '../effects/link-capacity.ts';
import { loadPlugin } from '../effects/registry.ts';
import type { NamedProbe } from '../engine/repeat.ts';

type Say = (line: string) => void;

interface ChosenHosts {
  readonly name: string;
  readonly kind: HostKind;
  readonly fallback: string | null;
}

/** The hosts that were asked for; where nobody insisted on them and they can't be made, loopback, and it says so. */
export async function chooseHosts(
  scenario: Scenario,
  insisted: boolean,
  machine: Machine,
  say: Say,
): Promise<ChosenHosts> {
  const name = scenario.hosts.kind;
  const kind = await loadPlugin('hosts', name);
  const problem = await kind.check(machine);
  if (problem === null) return { name, kind, fallback: null };
  if (insisted) throw new UserError(`--hosts ${name}: ${problem.reason}`, problem.remedy);
  const fallback = `Hosts "${name}" could not be made (${problem.reason}), so the run fell back to loopback.`;
  say(`note: ${fallback}${problem.remedy ? ` To have them: ${problem.remedy}.` : ''}`);
  return { name: 'loopback', kind: await loadPlugin('hosts', 'loopback'), fallback };
}

export async function describeEnvironment(
  machine: Machine,
  testbed: Testbed,
  hostKind: string,
  harnessCores: number[],
  notes: readonly (string | null)[],
): Promise<Environment> {
  const hosts = await testbed.describe();
  const hostNote = [...notes, hosts.hostNote].filter((note) => note !== null).join(' ');
  return {
    ...(await describeMachine(machine)),
    hostKind,
    harnessCores,
    ...hosts,
    hostNote: hostNote === '' ? null : hostNote,
  };
}

/** What the link can carry, where a probe holds against it what it did carry. */
export async function describeLink(
  probes: readonly NamedProbe[],
  machine: Machine,
  testbed: Testbed,
  say: Say,
): Promise<Pick<Environment, 'link'>> {
  if (!probes.some(({ name }) => name === 'link')) return {};
  const link = await measureLink(machine, testbed);
  if (link.reason !== null) say(`note: it is not known what the link can carry: ${link.reason}`);
  return { link };
}

/** Where it is measured, in a line. */
export function where({ hostKind, tom, jerry, sharedCores }: Environment): string {
  const shared =
    sharedCores.length > 0
      ? `, SHARING core ${sharedCores.join(', ')} (this machine has no core to spare)`
      : '';
  const on = (cores: readonly number[]): string =>
    cores.length === 0 ? 'any core' : `core ${cores.join(', ')}`;
  return `Tom on ${on(tom.cores)}, Jerry on ${on(jerry.cores)}${shared}; hosts: ${hostKind}`;
}
