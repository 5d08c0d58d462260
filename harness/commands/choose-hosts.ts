import { UserError } from '../core/errors.ts';
import type { Environment } from '../core/manifest.ts';
import type { Inventory } from '../core/inventory.ts';
import type { HostKind, HostSettings, Machine, Testbed } from '../core/plugin.ts';
import type { Scenario } from '../core/scenario.ts';
import { chooseCores, usableCores } from '../effects/cores.ts';
import { describeMachine } from '../effects/environment.ts';
import { measureLink } from '../effects/link-capacity.ts';
import { loadPlugin } from '../effects/registry.ts';
import type { NamedProbe } from '../engine/repeat.ts';

type Say = (line: string) => void;

/** Where a run is to be measured. */
export interface ChosenHosts {
  readonly name: string;
  readonly fallback: string | null;
  /** Where servers run and where loads do. */
  readonly tom: Machine;
  readonly jerry: Machine;
  open(
    settings: HostSettings,
  ): Promise<{ testbed: Testbed; harnessCores: readonly number[]; note: string | null }>;
  /** Leaves them, when the testbed is closed. */
  close(): Promise<void>;
}

/** The hosts of a scenario: machines of an inventory, or what can be made here. */
export async function chooseHosts(
  scenario: Pick<Scenario, 'hosts'>,
  insisted: boolean,
  inventory: Inventory | undefined,
  machine: Machine,
  say: Say,
): Promise<ChosenHosts> {
  if (inventory !== undefined) return otherMachines(scenario, inventory, machine, say);
  const { name, kind, fallback } = await hostsHere(scenario, insisted, machine, say);
  return {
    name,
    fallback,
    tom: machine,
    jerry: machine,
    async open(settings) {
      const { layout, harness, note } = await chooseCores(machine, scenario.hosts, say);
      return { testbed: await kind.open(machine, layout, settings), harnessCores: harness, note };
    },
    close: async () => undefined,
  };
}

async function otherMachines(
  { hosts }: Pick<Scenario, 'hosts'>,
  inventory: Inventory,
  machine: Machine,
  say: Say,
): Promise<ChosenHosts> {
  const kind = await loadPlugin('hosts', hosts.kind);
  if (kind.reach === undefined) throw new Error(`hosts ${hosts.kind} are on this machine`);
  const { tom, jerry, open, close } = await kind.reach(machine, inventory, say);
  return {
    name: hosts.kind,
    fallback: null,
    tom,
    jerry,
    open: async (settings) => ({
      testbed: await open(hosts, settings),
      harnessCores: await usableCores(),
      note: null,
    }),
    close,
  };
}

/** The hosts that were asked for; where nobody insisted on them and they can't be made, loopback, and it says so. */
async function hostsHere(
  scenario: Pick<Scenario, 'hosts'>,
  insisted: boolean,
  machine: Machine,
  say: Say,
): Promise<{ name: string; kind: HostKind; fallback: string | null }> {
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
  testbed: Testbed,
  say: Say,
): Promise<Pick<Environment, 'link'>> {
  if (!probes.some(({ name }) => name === 'link')) return {};
  const link = await measureLink(testbed);
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
