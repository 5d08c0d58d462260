import { readdir, readFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import type { Environment, Manifest } from '../core/manifest.ts';
import type { Machine } from '../core/plugin.ts';
import { projectRoot } from './machine.ts';

/** The name of an operating system in its os-release(5). */
export const systemName = (osRelease: string): string =>
  /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? 'unknown';

/** What this machine is, as far as it may change a figure. */
export async function describeMachine(
  machine: Machine,
): Promise<
  Pick<
    Environment,
    | 'kernel'
    | 'operatingSystem'
    | 'cpuModel'
    | 'cpuCount'
    | 'memoryMb'
    | 'virtualization'
    | 'mitigations'
    | 'root'
    | 'containment'
  >
> {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const detected = await machine.run(['systemd-detect-virt']);
  const virtualization = detected.stdout.trim();
  return {
    kernel: release(),
    operatingSystem: systemName(osRelease),
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cpuCount: Math.max(1, cpus().length),
    memoryMb: Math.round(totalmem() / 2 ** 20),
    virtualization: virtualization === '' ? null : virtualization,
    mitigations: await readMitigations(),
    root: machine.root,
    containment: machine.containment,
  };
}

async function readMitigations(): Promise<Record<string, string>> {
  const directory = '/sys/devices/system/cpu/vulnerabilities';
  const names = await readdir(directory).catch(() => []);
  const entries = names
    .sort()
    .map(async (name) => [name, (await readFile(`${directory}/${name}`, 'utf8')).trim()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** The commit of this clone; null where git is missing or this is no clone. */
export async function describeCommit(machine: Machine): Promise<Manifest['git']> {
  const git = (...args: string[]) => machine.run(['git', '-C', projectRoot, ...args]);
  const head = await git('rev-parse', 'HEAD');
  if (head.exitCode !== 0) return { commit: null, dirty: null };
  // Results and reports are what a run makes: they do not change what is measured.
  const status = await git('status', '--porcelain', '--', '.', ':!results', ':!reports');
  return { commit: head.stdout.trim(), dirty: status.exitCode === 0 ? status.stdout.trim() !== '' : null };
}

/** Content hashes of the programs that are measured or measure, from their paths by name. */
export async function hashPrograms(
  machine: Machine,
  paths: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const entries = Object.entries(paths).map(
    async ([name, path]) => [name, await machine.sha256(path)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

const versionCommands: Record<string, string[]> = {
  strace: ['strace', '--version'],
  'net-tools': ['netstat', '--version'],
  iproute2: ['ip', '-V'],
  compiler: ['g++', '--version'],
};

/** First lines of what the tools say of their version; those that are missing are left out. */
export async function toolVersions(machine: Machine): Promise<Record<string, string>> {
  const entries = Object.entries(versionCommands).map(async ([name, command]) => {
    const result = await machine.run(command);
    const line = `${result.stdout}\n${result.stderr}`.trim().split('\n')[0] ?? '';
    return result.startError === undefined && line !== '' ? [[name, line] as const] : [];
  });
  return { node: process.version, ...Object.fromEntries((await Promise.all(entries)).flat()) };
}
