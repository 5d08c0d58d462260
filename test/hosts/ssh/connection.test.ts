import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remoteResult, reportingCommand, sshFailure } from '../../../harness/core/ssh-result.ts';
import { makeSshHosts, sshdMissing, type SshHosts } from '../../support/ssh-hosts.ts';

const missing = sshdMissing();

describe('a command by ssh', { timeout: 200_000 }, () => {
  let hosts: SshHosts;
  beforeAll(async () => {
    if (missing === null) hosts = await makeSshHosts();
  });
  afterAll(() => hosts?.close());

  const onTom = async (line: string) => {
    const [file, ...args] = hosts.inControl([...hosts.sshTo('tom'), '--', line]);
    return execa(file!, args, { reject: false, stripFinalNewline: false });
  };

  /** The inventory, with further words for ssh. */
  const inventoryWith = (options: string): string => {
    const file = join(hosts.directory, 'other.yaml');
    const key = 'ansible_ssh_common_args:';
    writeFileSync(file, readFileSync(hosts.file, 'utf8').replaceAll(key, `${key} ${options}`));
    return file;
  };
  const startRun = (inventory: string) => {
    const workplace = {
      out: hosts.directory,
      sessions: join(hosts.directory, 'sessions'),
      remove: () => undefined,
    };
    return hosts.startRun(workplace, '--scenario', 'smoke', '--hosts', inventory);
  };

  it('gets its arguments byte for byte: 10,000 lists of them', async (context) => {
    if (missing !== null) context.skip(missing);
    const random = xoroshiro128plus(20_261_126);
    const lists = Array.from({ length: 10_000 }, () =>
      randomList((limit) => uniformInt(random, 0, limit - 1)),
    );
    const batches = Array.from({ length: 25 }, (_, batch) => lists.slice(batch * 400, (batch + 1) * 400));
    for (const batch of batches) {
      // A list a line of words that each end with a byte that no argument can hold.
      const line = batch
        .map((list) => reportingCommand(['printf', String.raw`%s\0`, ...list, 'END']))
        .join('; ');
      const { stdout, stderr } = await onTom(line);
      expect(remoteResult(stderr)?.exitCode).toBe(0);
      expect(stdout).toBe(batch.map((list) => [...list, 'END'].map((word) => `${word}\0`).join('')).join(''));
    }
  });

  it('that ends with 255 is told from ssh that fails', async (context) => {
    if (missing !== null) context.skip(missing);
    const theirs = await onTom(reportingCommand(['sh', '-c', 'echo oops >&2; exit 255']));
    expect(theirs.exitCode).toBe(0);
    expect(remoteResult(theirs.stderr)).toEqual({ exitCode: 255, stderr: 'oops\n' });
    const [file, ...args] = hosts.inControl([
      ...hosts.sshTo('tom'),
      '-p',
      '23',
      '--',
      reportingCommand(['true']),
    ]);
    const own = await execa(file!, args, { reject: false });
    expect(own.exitCode).toBe(255);
    expect(remoteResult(own.stderr)).toBeNull();
    expect(sshFailure(own.stderr, { address: 'tom' }).reason).toBe('nobody listens for ssh there');
  });

  it('is refused where ssh keeps no host keys', async (context) => {
    if (missing !== null) context.skip(missing);
    const run = await startRun(inventoryWith('-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no'));
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('ssh keeps no host keys here (UserKnownHostsFile /dev/null)');
  });

  it('is refused by a host whose key has changed, with the remedy', async (context) => {
    if (missing !== null) context.skip(missing);
    const known = join(hosts.directory, 'known_hosts');
    const before = readFileSync(known, 'utf8');
    const key = before.split('\n').map((line) => line.split(' '));
    writeFileSync(known, before.replace(key[0]![2]!, key[1]![2]!));
    try {
      // Not even where somebody asks for no check.
      for (const file of [hosts.file, inventoryWith('-o StrictHostKeyChecking=no')]) {
        const run = await startRun(file);
        expect(run.exitCode).toBe(2);
        expect(run.stderr).toContain('tom cannot be reached: its host key is another one than before');
        expect(run.stderr).toContain('ssh-keygen -R 10.88.1.2');
      }
    } finally {
      writeFileSync(known, before);
    }
  });
});

const pieces = [
  ...[
    ' ',
    '  ',
    "'",
    '"',
    '`',
    '\\',
    '\n',
    '\t',
    '$',
    '$(touch /tmp/x)',
    '${HOME}',
    '`id`',
    '*',
    '?',
    '[a]',
    '~',
  ],
  ...[
    '!',
    '#',
    '&',
    '|',
    ';',
    '<',
    '>',
    '(',
    ')',
    '{a,b}',
    '-n',
    '--',
    '=',
    'a',
    'Z',
    '0',
    '%s',
    '\\0',
    '\r',
    '\u0001',
  ],
  ...['ä', '€', '漢', '🐧', '\u202e', '\u007f', "'\\''", '"$@"', '\\\n'],
];

function randomList(below: (limit: number) => number): string[] {
  return Array.from({ length: 1 + below(4) }, () =>
    Array.from({ length: below(6) }, () => pieces[below(pieces.length)]!).join(''),
  );
}
