import { readFile } from 'node:fs/promises';
import type { Machine, Problem, RunningProcess } from '../core/plugin.ts';
import { startUntilItSpeaks, type Start } from './first-line.ts';
import { innerPid } from './pids.ts';

/*
 * Namespaces without a name: they live as long as the process that holds them, so nothing of them can be left behind.
 */

/** The id of a process for those that are contained as it is. */
export const idAmongContained = ({ pid }: RunningProcess): number => innerPid(pid) ?? pid;

/** The command that runs `argv` in the network namespace of `holder`, and in its user namespace where it has one. */
export const inNetworkOf = (holder: RunningProcess, root: boolean, argv: readonly string[]): string[] => [
  ...['nsenter', ...targetOf(holder), ...(root ? [] : ['--user', '--preserve-credentials']), '--net', '--'],
  ...argv,
];

/** The command that runs `argv` in the user namespace of `holder`. */
export const inUserNamespaceOf = (holder: RunningProcess, argv: readonly string[]): string[] => [
  ...['nsenter', ...targetOf(holder), '--user', '--preserve-credentials', '--'],
  ...argv,
];

const targetOf = (holder: RunningProcess): string[] => ['--target', String(idAmongContained(holder))];

/** A life of the whole run; setTimeout takes no more than 24 days. */
const holderLimitMs = 24 * 24 * 3600 * 1000;

/**
 * Starts a process that holds what its command makes; resolves with it and the first line that it prints. Rejects
 * with what it said where it ends before that.
 */
export async function startHolder(
  start: Start,
  argv: readonly string[],
): Promise<{ holder: RunningProcess; line: string }> {
  const { running, line } = await startUntilItSpeaks(start, argv, holderLimitMs);
  return { holder: running, line };
}

/** The mask of some cores as the kernel writes it, in groups of 32 bits. */
export function cpuMask(cores: readonly number[]): string {
  const bits = cores.reduce((mask, core) => mask | (1n << BigInt(core)), 0n).toString(16);
  return bits
    .padStart(Math.ceil(bits.length / 8) * 8, '0')
    .match(/.{8}/g)!
    .join(',');
}

/** Settings that keep ordinary users from namespaces, each with the value that does. */
const forbidding = [
  ['kernel.apparmor_restrict_unprivileged_userns', '1', '0', 'AppArmor keeps ordinary users from them'],
  ['kernel.unprivileged_userns_clone', '0', '1', 'this kernel keeps ordinary users from them'],
  ['user.max_user_namespaces', '0', '10000', 'this machine allows no user namespaces'],
] as const;

/** Why network namespaces could not be made, from what the attempt said and what this machine forbids. */
export async function namespaceProblem(machine: Machine, said: string): Promise<Problem> {
  const lead = 'network namespaces cannot be made here';
  for (const [name, forbidden, allowed, reason] of machine.root ? [] : forbidding) {
    const value = await machine.readFile(`/proc/sys/${name.replaceAll('.', '/')}`).catch(() => '');
    if (value.trim() !== forbidden) continue;
    return {
      reason: `${lead}: ${reason} (${name} = ${forbidden})`,
      remedy: `sysctl -w ${name}=${allowed} as root, or run as root`,
    };
  }
  const status = await readFile('/proc/self/status', 'latin1');
  if (/^Seccomp:\s*2$/m.test(status)) {
    return {
      reason: `${lead}: a filter on system calls forbids it, as in a container (${said})`,
      remedy:
        'start the container with --security-opt seccomp=unconfined --cap-add SYS_ADMIN --cap-add NET_ADMIN',
    };
  }
  if (machine.root && !hasCapability(status, capSysAdmin)) {
    return {
      reason: `${lead}: this root lacks CAP_SYS_ADMIN, as in a container (${said})`,
      remedy: 'start the container with --cap-add SYS_ADMIN --cap-add NET_ADMIN',
    };
  }
  return {
    reason: `${lead} (${said})`,
    remedy: machine.root ? 'run where CAP_SYS_ADMIN and CAP_NET_ADMIN are allowed' : 'run as root',
  };
}

const capSysAdmin = 21;

function hasCapability(status: string, capability: number): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> BigInt(capability)) & 1n) === 1n;
}
