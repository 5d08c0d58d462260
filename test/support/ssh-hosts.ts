import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { allProcesses, commandOf, type Workplace } from './harness.ts';
import { waitUntil } from './wait-until.ts';

/*
 * Tom, Jerry (or two of them) and whoever drives them as network namespaces that are joined to each other; the hosts with
 * a real sshd of their own. Nothing of it is in the machine's own network.
 */

type Host = 'tom' | 'jerry' | 'jerry-2';
type Name = 'control' | Host;

/** A process that a test has started and ends. */
const started = (argv: readonly string[], env: Record<string, string> = {}) =>
  execa(argv[0]!, argv.slice(1), { reject: false, timeout: 200_000, env });
type Process = ReturnType<typeof started>;

/** Both ends of each link; Tom and each Jerry have one of their own for the load. */
const links = [
  ['control', '10.88.1.1', 'tom', '10.88.1.2'],
  ['control', '10.88.2.1', 'jerry', '10.88.2.2'],
  ['control', '10.88.4.1', 'jerry-2', '10.88.4.2'],
  ['tom', '10.88.3.2', 'jerry', '10.88.3.3'],
  ['tom', '10.88.5.2', 'jerry-2', '10.88.5.3'],
] as const;

const sshAddresses = { tom: '10.88.1.2', jerry: '10.88.2.2', 'jerry-2': '10.88.4.2' } as const;
const loadAddresses = { tom: '10.88.3.2', jerry: '10.88.3.3', 'jerry-2': '10.88.5.3' } as const;

/** Who is let in. An ordinary user is known to the hosts alone, and may use sudo without a password or not at all. */
type User = 'root' | 'with sudo' | 'without sudo';
const ordinaryUser = { name: 'forkbench-user', id: 4321 };

export interface SshHosts {
  /** The inventory. */
  readonly file: string;
  readonly directory: string;
  /** Words for ssh and its address, to reach a host as the inventory does. */
  sshTo(host: Host): string[];
  /** A command where the harness runs. */
  inControl(argv: readonly string[]): string[];
  in(name: Name, argv: readonly string[]): Promise<string>;
  /** Starts harness/run.ts there. */
  startRun(workplace: Workplace, ...args: string[]): Process;
  /** What runs on the hosts, but for sshd. */
  processes(): number[];
  /** Kills the sshd of a host with all its connections' processes, which leaves what these had started. */
  killSshd(host: Host): Promise<void>;
  startSshd(host: Host): Promise<void>;
  setLink(host: Host, state: 'up' | 'down'): Promise<void>;
  close(): Promise<void>;
}

/** Why it cannot be tested here; null where it can. */
export const sshdMissing = (): string | null =>
  existsSync('/usr/sbin/sshd') ? null : 'sshd is not installed: apt-get install openssh-server';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export async function makeSshHosts({
  jerries = 1,
  user = 'root',
}: { jerries?: 1 | 2; user?: User } = {}): Promise<SshHosts> {
  const names: readonly Host[] = jerries === 1 ? ['tom', 'jerry'] : ['tom', 'jerry', 'jerry-2'];
  const directory = mkdtempSync(join(tmpdir(), 'forkbench-ssh-'));
  makeHomes(directory);
  // sshd wants it; Debian makes it when the machine starts.
  mkdirSync('/run/sshd', { recursive: true });
  const hold = (): Process => started(['unshare', '--net', 'sleep', '1000']);
  const holders = new Map<Name, Process>((['control', ...names] as const).map((name) => [name, hold()]));
  const inside = (name: Name, argv: readonly string[]): string[] => [
    ...['nsenter', '--target', String(holders.get(name)!.pid), '--net', '--'],
    ...argv,
  ];
  const run = async (name: Name, argv: readonly string[]): Promise<string> => {
    const [file, ...args] = inside(name, argv);
    return (await execa(file!, args)).stdout;
  };
  await connect(holders, run);
  await makeKeys(directory, names);
  if (user !== 'root') describeUser(directory, user);
  const sshds = new Map<string, Process>();
  const startSshd = async (host: Host): Promise<void> => {
    const config = join(directory, `${host}.conf`);
    writeFileSync(config, sshdConfig(directory, host));
    const sshd = ['/usr/sbin/sshd', '-D', '-e', '-f', config];
    sshds.set(host, started(inside(host, user === 'root' ? sshd : knowingTheUser(directory, sshd))));
    await waitUntil(`the sshd of ${host}`, async () => (await run(host, ['ss', '-tln'])).includes(':22 '));
  };
  await Promise.all(names.map(startSshd));
  const file = join(directory, 'hosts.yaml');
  const account = user === 'root' ? 'root' : ordinaryUser.name;
  writeFileSync(file, inventory(directory, names, account));
  const killSshd = async (host: Host): Promise<void> => {
    const listening = sshds.get(host);
    sshds.delete(host);
    const network = networkOf(holders.get(host)!.pid!);
    const theirs = allProcesses().filter((pid) => isSshd(pid) && networkOf(pid) === network);
    for (const pid of [listening?.pid ?? 0, ...theirs].filter((pid) => pid > 0)) kill(pid);
    await listening;
  };
  return {
    file,
    directory,
    sshTo: (host) => ['ssh', ...sshOptions(directory), `${account}@${sshAddresses[host]}`],
    inControl: (argv) => inside('control', argv),
    in: run,
    startRun(workplace, ...args) {
      const command = [process.execPath, '--import', tsx, join(process.cwd(), 'harness', 'run.ts')];
      const argv = inside('control', [...command, ...args, '--out', workplace.out]);
      return started(argv, { FORKBENCH_SESSIONS: workplace.sessions });
    },
    processes() {
      const networks = new Set(names.map((name) => networkOf(holders.get(name)!.pid!)));
      const held = new Set([...holders.values()].map(({ pid }) => pid));
      return allProcesses().filter((pid) => networks.has(networkOf(pid)) && !held.has(pid) && !isSshd(pid));
    },
    killSshd,
    startSshd,
    async setLink(host, state) {
      await run('control', ['ip', 'link', 'set', `to-${host}`, state]);
    },
    async close() {
      await Promise.all(names.map(killSshd));
      for (const holder of holders.values()) holder.kill('SIGKILL');
      await Promise.all(holders.values());
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Run = (name: Name, argv: readonly string[]) => Promise<string>;

async function connect(holders: ReadonlyMap<Name, Process>, run: Run): Promise<void> {
  const ours = networkOf('self');
  for (const { pid } of holders.values()) {
    await waitUntil('a namespace', () => networkOf(pid!) !== ours && networkOf(pid!) !== '');
  }
  for (const name of holders.keys()) await run(name, ['ip', 'link', 'set', 'lo', 'up']);
  for (const [from, fromAddress, to, toAddress] of links) {
    const other = holders.get(to);
    if (other === undefined) continue;
    const peer = ['peer', 'name', `to-${from}`, 'netns', String(other.pid)];
    await run(from, ['ip', 'link', 'add', `to-${to}`, 'type', 'veth', ...peer]);
    for (const [name, address, device] of [
      [from, fromAddress, `to-${to}`],
      [to, toAddress, `to-${from}`],
    ] as const) {
      await run(name, ['ip', 'address', 'add', `${address}/24`, 'dev', device]);
      await run(name, ['ip', 'link', 'set', device, 'up']);
    }
  }
  // Tom's server has one address, which the second Jerry reaches over its own link.
  if (holders.has('jerry-2')) {
    await run('jerry-2', ['ip', 'route', 'add', `${loadAddresses.tom}/32`, 'via', '10.88.5.2']);
  }
}

const networkOf = (pid: number | 'self'): string => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return '';
  }
};

/** Places that an ordinary user may reach. */
function makeHomes(directory: string): void {
  chmodSync(directory, 0o755);
  for (const place of ['cache', 'home']) {
    mkdirSync(join(directory, place));
    chmodSync(join(directory, place), 0o777);
  }
}

async function makeKeys(directory: string, names: readonly Host[]): Promise<void> {
  const make = (file: string) =>
    execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, file)]);
  await Promise.all(['user', ...names].map(make));
  const publicKey = (name: string): string => readFileSync(join(directory, `${name}.pub`), 'utf8');
  writeFileSync(join(directory, 'authorized'), publicKey('user'), { mode: 0o644 });
  const known = names.map((name) => `${sshAddresses[name]} ${publicKey(name)}`);
  writeFileSync(join(directory, 'known_hosts'), known.join(''));
}

/** What the hosts' files say of the ordinary user, beside what they say of others. */
function describeUser(directory: string, user: User): void {
  const { name, id } = ordinaryUser;
  const added: Record<string, string> = {
    passwd: `${name}:x:${id}:${id}::${join(directory, 'home')}:/bin/sh\n`,
    group: `${name}:x:${id}:\n`,
    shadow: `${name}:*:20000:0:99999:7:::\n`,
  };
  for (const [file, line] of Object.entries(added)) {
    writeFileSync(join(directory, file), readFileSync(join('/etc', file), 'utf8') + line, {
      mode: file === 'shadow' ? 0o600 : 0o644,
    });
  }
  const rule = user === 'with sudo' ? `${name} ALL=(ALL) NOPASSWD: ALL\n` : '';
  writeFileSync(join(directory, 'sudoers'), `root ALL=(ALL) ALL\n${rule}`, { mode: 0o440 });
}

/** Runs a command that finds these files in /etc, as all does that it starts, and nobody else. */
const knowingTheUser = (directory: string, argv: readonly string[]): string[] => [
  ...['unshare', '--mount', 'sh', '-c', knowingScript, 'sh', directory, ...argv],
];
const knowingScript = `
place=$1; shift
for file in passwd group shadow sudoers; do mount --bind "$place/$file" "/etc/$file" || exit; done
exec "$@"
`;

const sshdConfig = (directory: string, host: string): string => `
Port 22
HostKey ${join(directory, host)}
AuthorizedKeysFile ${join(directory, 'authorized')}
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
PidFile none
SetEnv XDG_CACHE_HOME=${directory}/cache
`;

const sshOptions = (directory: string): string[] => [
  ...['-F', 'none', '-o', `UserKnownHostsFile=${join(directory, 'known_hosts')}`],
  ...['-o', 'GlobalKnownHostsFile=none', '-o', 'BatchMode=yes', '-i', join(directory, 'user')],
];

/** Two Jerrys beside Tom are on one machine here: on his core they would not start on time. */
function inventory(directory: string, names: readonly Host[], account: string): string {
  const host = (name: Host): string => `
    ${name}:
      ansible_host: ${sshAddresses[name]}
      ansible_user: ${account}
      ansible_ssh_private_key_file: ${join(directory, 'user')}
      ansible_ssh_common_args: ${sshOptions(directory).slice(0, 6).join(' ')}
      load_address: ${loadAddresses[name]}${names.length > 2 ? `\n      cores: [${name === 'tom' ? 0 : 1}]` : ''}`;
  const group = (name: string, hosts: readonly Host[]): string =>
    `${name}:\n  hosts:${hosts.map(host).join('')}\n`;
  return group('tom', ['tom']) + group('jerry', names.slice(1));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended with another one.
  }
}

const isSshd = (pid: number): boolean => /^(\/usr\/sbin\/)?sshd/.test(commandOf(pid));
