import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import type { HostEntry } from '../core/inventory.ts';
import type { Machine } from '../core/plugin.ts';
import { shellCommand } from '../core/shell-word.ts';
import { projectRoot } from './machine.ts';
import type { SshConnection } from './ssh-connection.ts';

/*
 * What of this clone a host needs, sent once: it lies in ~/.cache/forkbench/HASH there, by the same paths as here.
 */

const programsDir = join('build', 'release', 'bin');
const alwaysSent = [join('clients', 'wrk-report.lua')];
const sources = ['Makefile', 'native', 'servers', 'clients', 'probes', 'hosts'];
/** Those that show whether ours run: the first takes no library, the second those of C++, the third those of the rest. */
const tried = ['host-agent', 'sink', 'shortconn'];

export interface PlacedPrograms {
  readonly cloneDir: string;
  readonly builtThere: boolean;
}

/** Puts our programs on a host, unless they are there already. Throws UserError with what is missing. */
export async function placePrograms(
  machine: Machine,
  host: HostEntry,
  connection: SshConnection,
  say: (line: string) => void,
): Promise<PlacedPrograms> {
  const names = (await readdir(join(projectRoot, programsDir)).catch(() => [])).sort();
  // It says what to do where there is none.
  machine.program('host-agent');
  const sent = [...names.map((name) => join(programsDir, name)), ...alwaysSent];
  const here = (await machine.run(['uname', '-m'])).stdout.trim();
  const there = await connection.run(['uname', '-m']);
  if (!host.build && there.stdout.trim() === here) {
    const directory = await directoryOf(connection, await contentHash(sent));
    if (await isComplete(connection, directory)) return { cloneDir: directory, builtThere: false };
    say(`${host.name}: sending programs`);
    const unfinished = await sendFiles(connection, directory, sent);
    if (await programsRun(connection, unfinished)) {
      await complete(connection, unfinished, directory);
      return { cloneDir: directory, builtThere: false };
    }
    await connection.run(['rm', '-rf', unfinished]);
    say(`${host.name}: the programs of this machine do not run there`);
  }
  return { cloneDir: await buildThere(host, connection, say), builtThere: true };
}

async function buildThere(
  host: HostEntry,
  connection: SshConnection,
  say: (line: string) => void,
): Promise<string> {
  const files = [...(await Promise.all(sources.map(filesOf))).flat(), ...alwaysSent].sort();
  const directory = await directoryOf(connection, `${await contentHash([...new Set(files)])}-built`);
  if (await isComplete(connection, directory)) return directory;
  await refuseWithoutTools(host, connection);
  say(`${host.name}: building programs there, which takes a minute or two`);
  const unfinished = await sendFiles(connection, directory, sources);
  const script = 'cd "$1" && make -s -j "$(nproc)" 2>&1 | tail -n 5; test -x build/release/bin/shortconn';
  const built = await connection.run(['sh', '-c', script, 'sh', unfinished], { limitMs: 20 * 60_000 });
  if (built.exitCode !== 0) {
    await connection.run(['rm', '-rf', unfinished]);
    throw new UserError(
      `${host.name}: the programs cannot be built there: ${built.stdout.trim().split('\n').at(-1) ?? ''}`,
      'install there: apt-get install g++ make libcli11-dev nlohmann-json3-dev liburing-dev',
    );
  }
  await complete(connection, unfinished, directory);
  return directory;
}

/** What is built with, and the package that brings it. */
const tools = [
  ['g++', 'g++'],
  ['make', 'make'],
  ['/usr/include/CLI/CLI.hpp', 'libcli11-dev'],
  ['/usr/include/nlohmann/json.hpp', 'nlohmann-json3-dev'],
  ['/usr/include/liburing.h', 'liburing-dev'],
] as const;

async function refuseWithoutTools(host: HostEntry, connection: SshConnection): Promise<void> {
  const script = 'for one; do command -v "$one" > /dev/null || test -e "$one" || echo "$one"; done';
  const { stdout } = await connection.run(['sh', '-c', script, 'sh', ...tools.map(([file]) => file)]);
  const missing = tools.filter(([file]) => stdout.split('\n').includes(file)).map(([, name]) => name);
  if (missing.length === 0) return;
  throw new UserError(
    `${host.name}: the programs must be built there, and ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
    `there: apt-get install ${missing.join(' ')}`,
  );
}

async function filesOf(path: string): Promise<string[]> {
  const entries = await readdir(join(projectRoot, path), { withFileTypes: true, recursive: true }).catch(
    () => null,
  );
  if (entries === null) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath.slice(projectRoot.length), entry.name));
}

/** Of names and contents. */
async function contentHash(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file}\0`);
    hash.update(await readFile(join(projectRoot, file)));
  }
  return hash.digest('hex').slice(0, 24);
}

async function directoryOf(connection: SshConnection, hash: string): Promise<string> {
  const script = 'printf %s "${XDG_CACHE_HOME:-$HOME/.cache}/forkbench/$1"';
  return (await connection.run(['sh', '-c', script, 'sh', hash])).stdout;
}

async function isComplete(connection: SshConnection, directory: string): Promise<boolean> {
  return (await connection.run(['test', '-d', directory])).exitCode === 0;
}

/** Unpacks files of this clone there, beside the place where they will be; resolves with where. */
async function sendFiles(
  connection: SshConnection,
  directory: string,
  files: readonly string[],
): Promise<string> {
  const script = 'mkdir -p "$(dirname "$1")" && umask 077 && mktemp -d "$1.XXXXXX"';
  const made = await connection.run(['sh', '-c', script, 'sh', directory]);
  if (made.exitCode !== 0) throw new UserError(`${directory} cannot be made: ${made.stderr.trim()}`);
  const unfinished = made.stdout.trim();
  const pack = ['tar', '-C', projectRoot, '-czf', '-', '--', ...files];
  await connection.pipe(pack, ['tar', '-C', unfinished, '-xzf', '-']);
  return unfinished;
}

async function programsRun(connection: SshConnection, cloneDir: string): Promise<boolean> {
  const commands = tried.map((name) => `${shellCommand([join(cloneDir, programsDir, name)])} --help`);
  const { exitCode } = await connection.run(['sh', '-c', `{ ${commands.join(' && ')}; } > /dev/null 2>&1`]);
  return exitCode === 0;
}

/** Another run may have been faster; what it has placed is the same. */
async function complete(connection: SshConnection, unfinished: string, directory: string): Promise<void> {
  await connection.run(['sh', '-c', 'mv -T "$1" "$2" 2> /dev/null || rm -rf "$1"', 'sh', unfinished, directory]);
}
