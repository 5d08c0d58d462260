import { z } from 'zod';
import { splitCommand } from './command-words.ts';
import { UserError } from './errors.ts';

export type HostName = 'tom' | 'jerry';

/** Where one host is to be found and what of it may be used. */
export interface HostEntry {
  readonly role: HostName;
  /** As the inventory calls it, and ssh where `address` is not given. */
  readonly name: string;
  readonly address?: string;
  readonly user?: string;
  readonly port?: number;
  readonly keyFile?: string;
  /** Further words for ssh, such as `-F FILE`. */
  readonly sshOptions: readonly string[];
  /** Where the load reaches it, if that is not `address`. */
  readonly loadAddress?: string;
  readonly cores?: readonly number[];
  /** Programs are built there, also where ours would run. */
  readonly build: boolean;
}

/** Tom and one Jerry or several. */
export interface Inventory {
  readonly tom: HostEntry;
  readonly jerries: readonly [HostEntry, ...HostEntry[]];
}

const core = z.number().int().min(0).max(4095);

/** Variables of a host, under Ansible's names where it has one. */
const hostSchema = z
  .strictObject({
    ansible_host: z.string().min(1).optional(),
    ansible_user: z.string().min(1).optional(),
    ansible_port: z.number().int().min(1).max(65_535).optional(),
    ansible_ssh_private_key_file: z.string().min(1).optional(),
    ansible_ssh_common_args: z.string().optional(),
    load_address: z.union([z.ipv4(), z.ipv6()]).optional(),
    cores: z.array(core).min(1).optional(),
    build: z.boolean().optional(),
  })
  .nullable();

const names = z.string().regex(/^[^-\s][^\s]*$/, 'a host name has no spaces and begins with no hyphen');

export const inventorySchema = z.strictObject({
  tom: z.strictObject({
    hosts: z.record(names, hostSchema).refine((hosts) => Object.keys(hosts).length === 1, 'tom is one host'),
  }),
  jerry: z.strictObject({
    hosts: z
      .record(names, hostSchema)
      .refine((hosts) => Object.keys(hosts).length > 0, 'there must be a host that loads'),
  }),
});

type HostVariables = z.output<typeof hostSchema>;

/** Of an inventory that was checked. Throws UserError where words for ssh cannot be told apart. */
export function inventoryFrom({ tom, jerry }: z.output<typeof inventorySchema>): Inventory {
  const entries = (role: HostName, hosts: Record<string, HostVariables>): HostEntry[] =>
    Object.entries(hosts).map(([name, variables]) => entryOf(role, name, variables));
  const [first, ...others] = entries('jerry', jerry.hosts);
  return { tom: entries('tom', tom.hosts)[0]!, jerries: [first!, ...others] };
}

function entryOf(role: HostName, name: string, variables: HostVariables): HostEntry {
  const given = variables ?? {};
  const args = given.ansible_ssh_common_args ?? '';
  return {
    role,
    name,
    ...(given.ansible_host === undefined ? {} : { address: given.ansible_host }),
    ...(given.ansible_user === undefined ? {} : { user: given.ansible_user }),
    ...(given.ansible_port === undefined ? {} : { port: given.ansible_port }),
    ...(given.ansible_ssh_private_key_file === undefined
      ? {}
      : { keyFile: given.ansible_ssh_private_key_file }),
    sshOptions: args.trim() === '' ? [] : splitCommand(args, `${name}: ansible_ssh_common_args`),
    ...(given.load_address === undefined ? {} : { loadAddress: given.load_address }),
    ...(given.cores === undefined ? {} : { cores: given.cores }),
    build: given.build ?? false,
  };
}

/** The addresses that the Vagrantfile gives its machines on the network between them. */
const vagrantAddresses: Readonly<Record<HostName, string>> = { tom: '192.168.56.2', jerry: '192.168.56.3' };

/**
 * Of what `vagrant ssh-config` prints. Its machines are tom and jerry, or jerry1, jerry2 and so on, of which each later
 * one has the next address. `knownHosts` is where their host keys are kept: Vagrant itself would check none.
 * Throws UserError.
 */
export function inventoryOfVagrant(sshConfig: string, knownHosts: string): Inventory {
  const hosts = sshConfig
    .split(/^Host /m)
    .slice(1)
    .map((block) => {
      const [name = '', ...lines] = block.trim().split('\n');
      const value = (key: string): string | undefined =>
        lines
          .map((line) => new RegExp(`^\\s*${key}\\s+"?(.*?)"?\\s*$`).exec(line)?.[1])
          .find((found) => found !== undefined);
      return { name: name.trim(), value };
    });
  const entry = (role: HostName, { name, value }: (typeof hosts)[number], index: number): HostEntry => {
    const [head, last] = [vagrantAddresses[role].slice(0, -1), Number(vagrantAddresses[role].slice(-1))];
    return {
      role,
      name,
      address: value('HostName') ?? name,
      ...(value('User') === undefined ? {} : { user: value('User')! }),
      ...(value('Port') === undefined ? {} : { port: Number(value('Port')) }),
      ...(value('IdentityFile') === undefined ? {} : { keyFile: value('IdentityFile')! }),
      sshOptions: [
        ...['-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'StrictHostKeyChecking=accept-new'],
        ...['-o', `HostKeyAlias=${name}`, '-o', 'IdentitiesOnly=yes'],
      ],
      loadAddress: `${head}${last + index}`,
      build: false,
    };
  };
  const tom = hosts.find(({ name }) => name === 'tom');
  const [jerry, ...others] = hosts
    .filter(({ name }) => /^jerry\d*$/.test(name))
    .map((host, index) => entry('jerry', host, index));
  if (tom === undefined || jerry === undefined) {
    throw new UserError(
      `--hosts vagrant: there is no machine "${tom === undefined ? 'tom' : 'jerry'}" that runs`,
      'start them: npm run vm:up',
    );
  }
  return { tom: entry('tom', tom, 0), jerries: [jerry, ...others] };
}
