import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { which } from 'zx/core';
import { dropbear, packInitramfs } from '../../scripts/guests/initramfs.ts';
import { smallGuest, type SmallGuest } from '../../scripts/guests/small-guest.ts';
import { isListening } from './proc.ts';
import { freePort } from './server-process.ts';
import { waitUntil } from './wait-until.ts';

interface SshOptions {
  readonly stdin?: Readable;
  readonly limitMs?: number;
}

interface SshResult {
  readonly exitCode?: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine of its own kernel, emulated by QEMU without any help of the processor: for what works, never for figures. */
export interface Guest {
  readonly name: 'tom' | 'jerry';
  /** On the network between the guests. */
  readonly address: string;
  /** Of its ssh server, on 127.0.0.1. */
  readonly sshPort: number;
  /** Of the QEMU that runs it. */
  readonly pid: number;
  /** Runs one line of its shell over ssh; never rejects for an exit code. */
  ssh(line: string, options?: SshOptions): Promise<SshResult>;
  /** As if its power were cut. */
  halt(): Promise<void>;
}

/** Tom, who serves, and Jerry, who loads. */
export interface Guests {
  readonly tom: Guest;
  readonly jerry: Guest;
  /** An inventory for --hosts. */
  readonly inventory: string;
  close(): Promise<void>;
}

const addresses = { tom: '192.168.56.2', jerry: '192.168.56.3' } as const;
const bootLimitMs = 60_000;

/** Why no guest can be booted on this machine; null where one can. */
export async function whyNoGuests(): Promise<string | null> {
  if (process.arch !== 'x64') return `guests are of the architecture x64, and this is ${process.arch}`;
  for (const program of ['qemu-system-x86_64', 'ssh', 'cpio', 'apt-get']) {
    if ((await which(program, { nothrow: true })) === null) return `${program} is not installed: no guests`;
  }
  return null;
}

/** Boots both, and resolves when both answer over ssh, with host keys that were known before. */
export async function bootGuests(): Promise<Guests> {
  const image = await smallGuest();
  const directory = await mkdtemp(join(tmpdir(), 'forkbench-guests-'));
  const guests: Guest[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(guests.map((guest) => guest.halt()));
    await rm(directory, { recursive: true });
  };
  try {
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'key')]);
    const lanPort = await freePort();
    const tom = await startGuest(image, directory, 'tom', `listen=127.0.0.1:${lanPort}`);
    guests.push(tom);
    await waitUntil("tom's end of the cable", () => isListening(lanPort));
    const jerry = await startGuest(image, directory, 'jerry', `connect=127.0.0.1:${lanPort}`);
    guests.push(jerry);
    const hosts = join(directory, 'hosts.yaml');
    await writeFile(hosts, [tom, jerry].map((guest) => inventoryOf(guest, directory)).join(''));
    await Promise.all([tom, jerry].map((guest) => waitForSsh(guest, directory)));
    return { tom, jerry, inventory: hosts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startGuest(
  image: SmallGuest,
  directory: string,
  name: Guest['name'],
  cable: string,
): Promise<Guest> {
  const sshPort = await freePort();
  const initramfs = join(directory, `${name}.cpio.gz`);
  const hostKey = await personalInitramfs(directory, name, initramfs, image);
  const knownHosts = join(directory, `${name}.known_hosts`);
  await writeFile(knownHosts, `[127.0.0.1]:${sshPort} ${hostKey}\n`);
  const config = join(directory, `${name}.ssh_config`);
  await writeFile(config, sshConfig(sshPort, join(directory, 'key'), knownHosts));
  const words = qemuWords(image.kernel.image, initramfs, name, sshPort, cable, directory);
  // QEMU must not outlive whoever asked for the guest.
  const qemu = execa('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...words], { reject: false });
  return {
    name,
    address: addresses[name],
    sshPort,
    pid: qemu.pid!,
    async ssh(line, { stdin, limitMs = 30_000 } = {}) {
      const options = { reject: false, timeout: limitMs } as const;
      const input = stdin === undefined ? ({ stdin: 'ignore' } as const) : { stdin };
      return execa('ssh', ['-F', config, 'guest', line], { ...options, ...input });
    },
    async halt() {
      qemu.kill('SIGKILL');
      await qemu;
    },
  };
}

function qemuWords(
  kernel: string,
  initramfs: string,
  name: Guest['name'],
  sshPort: number,
  cable: string,
  directory: string,
): string[] {
  const hostNetwork = `user,id=host,restrict=on,hostfwd=tcp:127.0.0.1:${sshPort}-:22`;
  const mac = `52:54:00:00:00:0${addresses[name].at(-1)}`;
  const boot = `console=ttyS0 quiet panic=-1 guest.name=${name} guest.address=${addresses[name]}`;
  return [
    ...['-accel', 'tcg,tb-size=128', '-cpu', 'max', '-smp', '1', '-m', '384', '-nodefaults', '-no-reboot'],
    ...['-display', 'none', '-serial', `file:${join(directory, `${name}.console`)}`],
    ...['-kernel', kernel, '-initrd', initramfs, '-append', boot],
    ...['-netdev', hostNetwork, '-device', 'virtio-net-pci,netdev=host,romfile='],
    ...['-netdev', `socket,id=cable,${cable}`, '-device', `virtio-net-pci,netdev=cable,romfile=,mac=${mac}`],
  ];
}

/** The guest's file system with a host key of its own and the user's key; resolves with the public host key. */
async function personalInitramfs(
  directory: string,
  name: string,
  initramfs: string,
  image: SmallGuest,
): Promise<string> {
  const tree = join(directory, `${name}.tree`);
  await mkdir(join(tree, 'etc/dropbear'), { recursive: true });
  await mkdir(join(tree, 'root/.ssh'), { recursive: true, mode: 0o700 });
  await writeFile(join(tree, 'root/.ssh/authorized_keys'), await readFile(join(directory, 'key.pub')));
  const { root, env } = await dropbear();
  const key = ['-t', 'ed25519', '-f', join(tree, 'etc/dropbear/host_key')];
  const { stdout } = await execa(join(root, 'usr/bin/dropbearkey'), key, { env });
  const archive = `${initramfs}.own`;
  await packInitramfs(tree, archive);
  // A kernel unpacks one archive after the other.
  await writeFile(initramfs, Buffer.concat([await readFile(image.initramfs), await readFile(archive)]));
  return /^ssh-ed25519 \S+/m.exec(stdout)![0];
}

const sshConfig = (port: number, key: string, knownHosts: string): string =>
  [
    'Host *',
    'HostName 127.0.0.1',
    `Port ${port}`,
    'User root',
    `IdentityFile ${key}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${knownHosts}`,
    'GlobalKnownHostsFile /dev/null',
    'StrictHostKeyChecking yes',
    'BatchMode yes',
    'ConnectTimeout 10',
    '',
  ].join('\n');

const inventoryOf = ({ name, address, sshPort }: Guest, directory: string): string =>
  [
    `${name}:`,
    '  hosts:',
    `    ${name}:`,
    '      ansible_host: 127.0.0.1',
    `      ansible_port: ${sshPort}`,
    '      ansible_user: root',
    `      ansible_ssh_private_key_file: ${join(directory, 'key')}`,
    `      ansible_ssh_common_args: -F ${join(directory, `${name}.ssh_config`)}`,
    `      load_address: ${address}`,
    '      cores: [0]',
    '',
  ].join('\n');

async function waitForSsh(guest: Guest, directory: string): Promise<void> {
  let said = '';
  try {
    const answers = async (): Promise<boolean> => {
      const asked = await guest.ssh('true', { limitMs: 2000 });
      said = asked.stderr;
      return asked.exitCode === 0;
    };
    await waitUntil(`${guest.name} answers over ssh`, answers, bootLimitMs);
  } catch (error) {
    const console = await readFile(join(directory, `${guest.name}.console`), 'utf8').catch(() => '');
    throw new Error(`${String(error)}\nssh: ${said}\nits console:\n${console.slice(-3000)}`, {
      cause: error,
    });
  }
}
