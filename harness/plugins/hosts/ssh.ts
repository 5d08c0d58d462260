import { UserError } from '../../core/errors.ts';
import type { HostEntry, Inventory } from '../../core/inventory.ts';
import { serverPort } from '../../core/link-devices.ts';
import type { HostKind, HostSettings, HostSide, Machine, ReachedHosts, Testbed } from '../../core/plugin.ts';
import { parseCpuList } from '../../effects/cores.ts';
import { describeHost } from '../../effects/describe-host.ts';
import { reachHost, type SshHost } from '../../effects/ssh-host.ts';
import { sshMachine, sshSide } from '../../effects/ssh-machine.ts';
import { readSysctls } from '../../effects/sysctls.ts';

const needsInventory = {
  reason: 'which machines they are stands in an inventory',
  remedy: 'name it: --hosts hosts.yaml (docs/hosts.md has an example)',
};

/** Tom and Jerry as machines of their own, physical or virtual, each with an agent of ours (hosts/host-agent.cc). */
const ssh: HostKind = {
  summary: 'machines of their own, from an inventory (--hosts FILE) or from Vagrant (--hosts vagrant)',
  check: async () => needsInventory,
  open: () => Promise.reject(new UserError(`--hosts ssh: ${needsInventory.reason}`, needsInventory.remedy)),

  async reach(machine, inventory, say): Promise<ReachedHosts> {
    const hosts: SshHost[] = [];
    const close = async (): Promise<void> => void (await Promise.all(hosts.map((host) => host.close())));
    try {
      for (const entry of entriesOf(inventory)) hosts.push(await reachHost(machine, entry, say));
    } catch (error) {
      await close();
      throw error;
    }
    sayWhoIsRoot(hosts, say);
    const members = hosts.map((host) => ({ host, machine: sshMachine(host, machine) }));
    return {
      tom: members[0]!.machine,
      jerry: members[1]!.machine,
      open: (wanted, settings = { tom: {}, jerry: {} }) => openTestbed(members, wanted, settings),
      close,
    };
  },
};

const entriesOf = ({ tom, jerries }: Inventory): HostEntry[] => [tom, ...jerries];

function sayWhoIsRoot(hosts: readonly SshHost[], say: (line: string) => void): void {
  const by = (uses: (host: SshHost) => boolean): string =>
    hosts
      .filter(uses)
      .map(({ entry }) => entry.name)
      .join(', ');
  const sudo = by((host) => host.rootAgent() !== null && host.rootAgent() !== host.agent());
  if (sudo !== '') say(`note: on ${sudo} probes and settings that need root have it by sudo -n`);
  const none = by((host) => host.rootAgent() === null);
  if (none !== '') {
    say(
      `note: on ${none} nothing is done as root; to have that: let the user run sudo without a password, or name ansible_user: root`,
    );
  }
}

interface Member {
  readonly host: SshHost;
  readonly machine: Machine;
}

async function openTestbed(
  members: readonly Member[],
  wanted: { tomCores: number; jerryCores: number },
  settings: HostSettings,
): Promise<Testbed> {
  const [tomMember, ...jerryMembers] = members as [Member, ...Member[]];
  const notes: string[] = [];
  /** What became of settings that could not be made, by host and setting. */
  const refused = new Map<string, string>();
  const peerOf = (member: Member): string =>
    (member === tomMember ? jerryMembers[0]! : tomMember).host.loadAddress;
  const sideOf = async (member: Member, count: number): Promise<HostSide> => {
    const usable = member.host.entry.cores ?? (await usableCores(member.machine));
    if (usable.length < count) {
      notes.push(
        `The scenario asks for ${count} cores for ${member.host.entry.name}, which has ${usable.length}.`,
      );
    }
    return sshSide(
      member.host,
      member.machine,
      usable.slice(0, count),
      await deviceTo(member, peerOf(member)),
    );
  };
  const tom = await sideOf(tomMember, wanted.tomCores);
  const jerries: HostSide[] = [];
  for (const member of jerryMembers) jerries.push(await sideOf(member, wanted.jerryCores));
  const hold = async (extra?: HostSettings): Promise<void> => {
    for (const member of members) {
      const role = member.host.entry.role;
      const left = await holdSettings(member, { ...settings[role], ...extra?.[role] });
      for (const [name, note] of left) refused.set(settingOf(member, name), note);
    }
  };
  await hold();
  const lost = (): string | null =>
    members.map(({ host }) => host.lost()).find((reason) => reason !== null) ?? null;
  return {
    tom,
    jerry: jerries[0]!,
    otherJerries: jerries.slice(1),
    separateNetworks: true,
    port: serverPort,
    lost,
    async regain(limitMs) {
      for (const { host } of members) await host.regain(limitMs);
    },
    async renew(extra) {
      const reason = lost();
      if (reason !== null) throw new Error(reason);
      await hold(extra);
    },
    async describe() {
      const sides = [tom, ...jerries];
      return {
        hostNote: [carriesOver, ...notes, ...refused.values()].join(' '),
        sharedCores: [],
        tom: await describeSide(tom),
        jerry: await describeSide(jerries[0]!),
        ...(jerries.length > 1
          ? { otherJerries: await Promise.all(jerries.slice(1).map(describeSide)) }
          : {}),
        hosts: await Promise.all(members.map(({ host }, index) => describeHost(host, sides[index]!))),
      };
    },
    changes: () =>
      members.flatMap((member) => {
        const { name: hostName, role } = member.host.entry;
        return Object.entries(settings[role])
          .filter(([name]) => !refused.has(settingOf(member, name)))
          .map(([name, value]) => `on ${hostName}: ${name} = ${value}`);
      }),
    // Whoever has reached the hosts leaves them.
    close: async () => undefined,
  };
}

const carriesOver =
  'Tom and Jerry are machines of their own: TIME_WAIT, ports in use and kernel counters carry over from repeat to ' +
  'repeat there, and the counters hold what else goes over their networks.';

const settingOf = ({ host }: Member, name: string): string => `${host.entry.name} ${name}`;

/** Sets just these on a host until they are changed or its agent ends. The names of those refused, with what to say. */
async function holdSettings({ host }: Member, wanted: HostSettings['tom']): Promise<[string, string][]> {
  const agent = host.rootAgent();
  const names = Object.keys(wanted);
  if (agent === null)
    return names.map((name) => [name, `${host.entry.name}'s ${name} was left alone, since that takes root.`]);
  const pathOf = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;
  const settings = Object.fromEntries(names.map((name) => [pathOf(name), String(wanted[name])]));
  const { head } = await agent.ask('hold', { settings });
  const refused = head['refused'] as string[];
  return names
    .filter((name) => refused.includes(pathOf(name)))
    .map((name) => [name, `${host.entry.name}'s ${name} could not be set to ${String(wanted[name])}.`]);
}

async function usableCores(machine: Machine): Promise<number[]> {
  const status = await machine.readFile('/proc/self/status');
  return parseCpuList(/^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? '0');
}

/** By the kernel's own choice of a way. */
async function deviceTo({ host, machine }: Member, peer: string): Promise<string> {
  const { stdout } = await machine.run(['ip', '-o', 'route', 'get', peer]);
  const device = / dev (\S+)/.exec(stdout)?.[1];
  if (device !== undefined) return device;
  throw new UserError(
    `${host.entry.name}: it is not known by which device it reaches ${peer}`,
    'install ip there (apt-get install iproute2), or check load_address',
  );
}

async function describeSide(side: HostSide) {
  const sysctls = await readSysctls(async (path) => (await side.readFiles([path]))[0]!);
  return { address: side.address, cores: [...side.cores], receiveCores: null, sysctls };
}

export default ssh;
