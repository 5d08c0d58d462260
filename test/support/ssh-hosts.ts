import {
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
 * Tom, Jerry and whoever drives them as three network namespaces, each joined to each other; Tom and Jerry with a real
 * sshd of their own. Nothing of it is in the machine's own network.
 */

type Name = 'control' | 'tom' | 'jerry';

/** A process that a test has started and ends. */
const started = (argv: readonly string[], env: Record<string, string> = {}) =>
  execa(argv[0]!, argv.slice(1), { reject: false, timeout: 200_000, env });
type Process = ReturnType<typeof started>;

/** Both ends of each link; Tom and Jerry have one of their own for the load. */
const links = [
  ['control', '10.88.1.1', 'tom', '10.88.1.2'],
  ['control', '10.88.2.1', 'jerry', '10.88.2.2'],
  ['tom', '10.88.3.2', 'jerry', '10.88.3.3'],
] as const;

const sshAddresses = { tom: '10.88.1.2', jerry: '10.88.2.2' } as const;

export interface SshHosts {
  /** The inventory. */
  readonly file: string;
  readonly directory: string;
  /** Words for ssh and its address, to reach a host as the inventory does. */
  sshTo(host: 'tom' | 'jerry'): string[];
  /** A command where the harness runs. */
  inControl(argv: readonly string[]): string[];
  in(name: Name, argv: readonly string[]): Promise<string>;
  /** Starts harness/run.ts there. */
  startRun(workplace: Workplace, ...args: string[]): Process;
  /** What runs on the hosts for an ssh connection or after one: all but the sshd that listens. */
  processes(): number[];
  /** Kills the sshd of a host with all its connections' processes, which leaves what these had started. */
  killSshd(host: 'tom' | 'jerry'): Promise<void>;
  startSshd(host: 'tom' | 'jerry'): Promise<void>;
  setLink(host: 'tom' | 'jerry', state: 'up' | 'down'): Promise<void>;
  close(): Promise<void>;
}

/** Why it cannot be tested here; null where it can. */
export const sshdMissing = (): string | null =>
  existsSync('/usr/sbin/sshd') ? null : 'sshd is not installed: apt-get install openssh-server';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export async function makeSshHosts(): Promise<SshHosts> {
  const directory = mkdtempSync(join(tmpdir(), 'forkbench-ssh-'));
  mkdirSync(join(directory, 'cache'), { recursive: true });
  // sshd wants it; Debian makes it when the machine starts.
  mkdirSync('/run/sshd', { recursive: true });
  const hold = (): Process => started(['unshare', '--net', 'sleep', '1000']);
  const holders = { control: hold(), tom: hold(), jerry: hold() };
  const inside = (name: Name, argv: readonly string[]): string[] => [
    ...['nsenter', '--target', String(holders[name].pid), '--net', '--'],
    ...argv,
  ];
  const run = async (name: Name, argv: readonly string[]): Promise<string> => {
    const [file, ...args] = inside(name, argv);
    return (await execa(file!, args)).stdout;
  };
  await connect(holders, run);
  await makeKeys(directory);
  const sshds = new Map<string, Process>();
  const startSshd = async (host: 'tom' | 'jerry'): Promise<void> => {
    const config = join(directory, `${host}.conf`);
    writeFileSync(config, sshdConfig(directory, host));
    sshds.set(host, started(inside(host, ['/usr/sbin/sshd', '-D', '-e', '-f', config])));
    await waitUntil(`the sshd of ${host}`, async () => (await run(host, ['ss', '-tln'])).includes(':22 '));
  };
  await Promise.all([startSshd('tom'), startSshd('jerry')]);
  const file = join(directory, 'hosts.yaml');
  writeFileSync(file, inventory(directory));
  const killSshd = async (host: 'tom' | 'jerry'): Promise<void> => {
    const listening = sshds.get(host);
    sshds.delete(host);
    const namespace = holders[host].pid;
    const theirs = allProcesses().filter(
      (pid) => /^(\/usr\/sbin\/)?sshd/.test(commandOf(pid)) && networkOf(pid) === networkOf(namespace!),
    );
    for (const pid of [listening?.pid ?? 0, ...theirs].filter((pid) => pid > 0)) kill(pid);
    await listening;
  };
  return {
    file,
    directory,
    sshTo: (host) => ['ssh', ...sshOptions(directory), `root@${sshAddresses[host]}`],
    inControl: (argv) => inside('control', argv),
    in: run,
    startRun(workplace, ...args) {
      const command = [process.execPath, '--import', tsx, join(process.cwd(), 'harness', 'run.ts')];
      const argv = inside('control', [...command, ...args, '--out', workplace.out]);
      return started(argv, { FORKBENCH_SESSIONS: workplace.sessions });
    },
    processes: () => allProcesses().filter((pid) => isMarked(pid, directory)),
    killSshd,
    startSshd,
    async setLink(host, state) {
      await run('control', ['ip', 'link', 'set', `to-${host}`, state]);
    },
    async close() {
      await Promise.all([killSshd('tom'), killSshd('jerry')]);
      for (const holder of Object.values(holders)) holder.kill('SIGKILL');
      await Promise.all(Object.values(holders));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Run = (name: Name, argv: readonly string[]) => Promise<string>;

async function connect(holders: Record<Name, Process>, run: Run): Promise<void> {
  const ours = networkOf('self');
  for (const { pid } of Object.values(holders)) {
    await waitUntil('a namespace', () => networkOf(pid!) !== ours && networkOf(pid!) !== '');
  }
  for (const name of Object.keys(holders) as Name[]) await run(name, ['ip', 'link', 'set', 'lo', 'up']);
  for (const [from, fromAddress, to, toAddress] of links) {
    const peer = ['peer', 'name', `to-${from}`, 'netns', String(holders[to].pid)];
    await run(from, ['ip', 'link', 'add', `to-${to}`, 'type', 'veth', ...peer]);
    for (const [name, address, device] of [
      [from, fromAddress, `to-${to}`],
      [to, toAddress, `to-${from}`],
    ] as const) {
      await run(name, ['ip', 'address', 'add', `${address}/24`, 'dev', device]);
      await run(name, ['ip', 'link', 'set', device, 'up']);
    }
  }
}

const networkOf = (pid: number | 'self'): string => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return '';
  }
};

async function makeKeys(directory: string): Promise<void> {
  const make = (file: string) =>
    execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, file)]);
  await Promise.all(['user', 'tom', 'jerry'].map(make));
  const publicKey = (name: string): string => readFileSync(join(directory, `${name}.pub`), 'utf8');
  writeFileSync(join(directory, 'authorized'), publicKey('user'), { mode: 0o600 });
  const known = (['tom', 'jerry'] as const).map((name) => `${sshAddresses[name]} ${publicKey(name)}`);
  writeFileSync(join(directory, 'known_hosts'), known.join(''));
}

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

function inventory(directory: string): string {
  const host = (name: 'tom' | 'jerry', loadAddress: string): string => `
${name}:
  hosts:
    ${name}:
      ansible_host: ${sshAddresses[name]}
      ansible_user: root
      ansible_ssh_private_key_file: ${join(directory, 'user')}
      ansible_ssh_common_args: ${sshOptions(directory).slice(0, 6).join(' ')}
      load_address: ${loadAddress}
`;
  return host('tom', '10.88.3.2') + host('jerry', '10.88.3.3');
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended with another one.
  }
}

/** By the variable that sshd gives to all that it starts. */
function isMarked(pid: number, directory: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`XDG_CACHE_HOME=${directory}`);
  } catch {
    return false;
  }
}
