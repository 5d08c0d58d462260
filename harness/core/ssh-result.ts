import { shellCommand } from './shell-word.ts';

/*
 * ssh ends with the exit code of the remote command, and with 255 where it failed itself: a command that ends with 255
 * cannot be told from that. So the remote shell says how the command ended, on its own line of standard error.
 */

const ended = 'forkbench-ended ';

/** The remote command line for `argv`, which says how it ended. */
export const reportingCommand = (argv: readonly string[]): string =>
  `${shellCommand(argv)}; echo "${ended}$?" >&2`;

export interface RemoteResult {
  readonly exitCode: number;
  readonly stderr: string;
}

/** How the remote command ended and what it said; null where that was not reported, so that ssh itself has failed. */
export function remoteResult(stderr: string): RemoteResult | null {
  const at = stderr.lastIndexOf(ended);
  const code = at < 0 ? null : /^(\d+)\n/.exec(stderr.slice(at + ended.length))?.[1];
  return code === null || code === undefined ? null : { exitCode: Number(code), stderr: stderr.slice(0, at) };
}

/** Why ssh could not connect or was cut off, with its remedy, from what it said. */
export function sshFailure(
  said: string,
  { address, port }: { readonly address: string; readonly port?: number | undefined },
): { reason: string; remedy: string } {
  const text = said.trim();
  const known = knownFailures.find(({ pattern }) => pattern.test(text));
  const lines = text.split('\n').filter((line) => /\w/.test(line));
  const reason = known?.reason ?? lines.at(-1)?.trim() ?? 'ssh gave no reason';
  const remedy = known?.remedy ?? 'try it by hand: ssh HOST true';
  // known_hosts has another way to write a port than the command line.
  const key = port === undefined || port === 22 ? address : `'[${address}]:${port}'`;
  const host = port === undefined ? address : `-p ${port} ${address}`;
  return { reason, remedy: remedy.replaceAll('KEY', key).replaceAll('HOST', host) };
}

const knownFailures: readonly { pattern: RegExp; reason?: string; remedy: string }[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i,
    reason: 'its host key is another one than before, so it may be another machine',
    remedy: 'if you know why it changed, forget the old key: ssh-keygen -R KEY',
  },
  {
    pattern: /Host key verification failed/i,
    reason: 'its host key is not known, and nobody could be asked whether it is right',
    remedy: 'connect once by hand and compare the key: ssh HOST true',
  },
  {
    pattern: /Permission denied/i,
    reason: 'it let nobody in with the keys that ssh has (passwords are never asked for)',
    remedy: 'name the key in the inventory, or let ssh have it: ssh-copy-id HOST',
  },
  { pattern: /Could not resolve hostname/i, reason: 'its name is not known', remedy: 'check ansible_host' },
  {
    pattern: /Connection refused/i,
    reason: 'nobody listens for ssh there',
    remedy: 'start its sshd, or check ansible_port',
  },
  {
    pattern: /timed out|No route to host|Network is unreachable/i,
    reason: 'it does not answer',
    remedy: 'check that it runs and that its address is right',
  },
];
