import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';
import type { HostEntry } from '../core/inventory.ts';
import type { Channel, Machine } from '../core/plugin.ts';
import { reportingCommand, remoteResult, sshFailure } from '../core/ssh-result.ts';
import { shellCommand } from '../core/shell-word.ts';

/** A host by ssh: one connection of OpenSSH's own client, over which all goes. */
export interface SshConnection {
  /** As ssh has resolved it. */
  readonly hostName: string;
  /** Runs a command to its end. Rejects with UserError where ssh itself fails, whatever its exit code. */
  run(
    argv: readonly string[],
    options?: { limitMs?: number; input?: string },
  ): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  /** Starts a command to talk with. */
  talk(argv: readonly string[]): Promise<Channel>;
  /** Runs a command there that reads a file of ours from its standard input. */
  feed(file: string, argv: readonly string[]): Promise<{ exitCode: number; stderr: string }>;
  close(): Promise<void>;
}

const connectSeconds = 15;
/** To connect and be let in: a machine that is emulated takes its time. */
const masterLimitMs = 60_000;
const transferLimitMs = 10 * 60_000;

/** Of this process: two hosts with one socket would be one host, since the second went over the first one's connection. */
let opened = 0;

/** Connects to a host. Throws UserError with the reason and its remedy. */
export async function connectBySsh(machine: Machine, host: HostEntry): Promise<SshConnection> {
  if (machine.talk === null) throw new Error('ssh starts from the machine of the harness');
  const resolved = await resolve(machine, host);
  // The first value of an option is the one that counts.
  const options = [...resolved.options, ...optionsFor(host)];
  const path = join(machine.scratchDir, `${host.role}-${++opened}.ssh`);
  const multiplexed = [...options, '-o', 'ControlMaster=no', '-o', `ControlPath=${path}`];
  const master = await machine.talk([
    'ssh',
    '-M',
    '-N',
    ...options,
    '-o',
    `ControlPath=${path}`,
    '-o',
    'ControlPersist=no',
    '--',
    target(host),
  ]);
  const deadline = performance.now() + masterLimitMs;
  while (!existsSync(path)) {
    const gone = await Promise.race([master.finished, sleep(10, null)]);
    if (gone === null && performance.now() < deadline) continue;
    throw refused(host, (gone ?? (await master.end())).stderr || (gone?.startError ?? 'timed out'));
  }
  const command = (line: string): string[] => ['ssh', ...multiplexed, '--', target(host), line];
  return {
    hostName: resolved.hostName,
    async run(argv, { limitMs = 30_000, input } = {}) {
      const result = await machine.run(command(reportingCommand(argv)), {
        limitMs,
        ...(input === undefined ? {} : { input }),
      });
      const reported = remoteResult(result.stderr);
      if (reported === null) throw refused(host, result.startError ?? result.stderr);
      return { ...reported, stdout: result.stdout };
    },
    talk: (argv) => machine.talk!(command(`exec ${shellCommand(argv)}`)),
    async feed(file, argv) {
      const script = 'file="$1"; shift; exec "$@" < "$file"';
      const fed = ['sh', '-c', script, 'sh', file, ...command(reportingCommand(argv))];
      const { stderr } = await machine.run(fed, { limitMs: transferLimitMs });
      const reported = remoteResult(stderr);
      if (reported === null) throw refused(host, stderr);
      return reported;
    },
    close: async () => void (await master.end()),
  };
}

function refused(host: HostEntry, said: string): UserError {
  const { reason, remedy } = sshFailure(said, { address: target(host), port: host.port });
  return new UserError(`${host.name} cannot be reached: ${reason}`, remedy);
}

const target = (host: HostEntry): string => host.address ?? host.name;

/** A link that is cut is noticed by silence; nobody is there to be asked for a password. */
const optionsFor = ({ user, port, keyFile, sshOptions }: HostEntry): string[] => [
  ...sshOptions,
  ...(user === undefined ? [] : ['-l', user]),
  ...(port === undefined ? [] : ['-p', String(port)]),
  ...(keyFile === undefined ? [] : ['-i', keyFile]),
  // What the user has for a login of his own would get into the way.
  ...['-o', 'ClearAllForwardings=yes', '-o', 'RemoteCommand=none'],
  ...['-o', 'BatchMode=yes', '-o', `ConnectTimeout=${connectSeconds}`],
  ...['-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=8', '-T'],
];

/** What ssh makes of the user's configuration, by `ssh -G`. */
async function resolve(machine: Machine, host: HostEntry): Promise<{ hostName: string; options: string[] }> {
  const asked = await machine.run(['ssh', '-G', ...optionsFor(host), target(host)]);
  if (asked.startError !== undefined) {
    throw new UserError('ssh is not installed', 'apt-get install openssh-client');
  }
  if (asked.exitCode !== 0) throw refused(host, asked.stderr);
  const value = (key: string): string | undefined => new RegExp(`^${key} (.*)$`, 'm').exec(asked.stdout)?.[1];
  const keptIn = (value('userknownhostsfile') ?? '').split(' ').filter((file) => file !== '');
  if (keptIn.length > 0 && keptIn.every((file) => file === '/dev/null' || file === 'none')) {
    throw new UserError(
      `${host.name}: ssh keeps no host keys here (UserKnownHostsFile ${keptIn[0]!}), so a changed one could not be noticed`,
      'let UserKnownHostsFile name a file, in ~/.ssh/config or in ansible_ssh_common_args',
    );
  }
  const unchecked = ['false', 'no', 'off'].includes(value('stricthostkeychecking') ?? '');
  return {
    hostName: value('hostname') ?? target(host),
    // Without checks a machine in the place of another one would be believed.
    options: unchecked ? ['-o', 'StrictHostKeyChecking=accept-new'] : [],
  };
}
