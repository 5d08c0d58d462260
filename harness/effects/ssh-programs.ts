import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import type { HostEntry } from '../core/inventory.ts';
import type { Machine } from '../core/plugin.ts';
import { projectRoot } from './machine.ts';
import type { SshConnection } from './ssh-connection.ts';

/*
 * What of this clone a host needs, sent once: it lies in ~/.cache/forkbench/HASH there, by the same paths as here.
 */

const programsDir = join('build', 'release', 'bin');
const alwaysSent = [join('clients', 'wrk-report.lua')];
const sources = ['Makefile', 'native', 'servers', 'clients', 'probes', 'hosts'];
/** Whether ours run: the first takes no library, the second those of C++, the third those of the rest. */
const trialScript =
  'cd "$1/build/release/bin" && for one in host-agent sink shortconn; do "./$one" --help > /dev/null 2>&1 || exit 1; done';
const buildScript = 'make -s -j "$(nproc)" -C "$1" >&2';

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
  const programs = names.map((name) => join(programsDir, name));
  const here = (await machine.run(['uname', '-m'])).stdout.trim();
  const { directory, architecture, isThere } = await placeFor(
    connection,
    await contentHash([...programs, ...alwaysSent]),
  );
  if (!host.build && architecture === here) {
    if (isThere) return { cloneDir: directory, builtThere: false };
    say(`${host.name}: sending programs`);
    const from = await stripped(machine, programs);
    const files: FilesFrom[] = [
      [from, programs],
      [projectRoot, alwaysSent],
    ];
    if (await sendFiles(machine, connection, directory, files, trialScript)) {
      return { cloneDir: directory, builtThere: false };
    }
    say(`${host.name}: the programs of this machine do not run there`);
  }
  return { cloneDir: await buildThere(machine, host, connection, say), builtThere: true };
}

async function buildThere(
  machine: Machine,
  host: HostEntry,
  connection: SshConnection,
  say: (line: string) => void,
): Promise<string> {
  const files = [...(await Promise.all(sources.map(filesOf))).flat(), ...alwaysSent].sort();
  const hash = `${await contentHash([...new Set(files)])}-built`;
  const { directory, isThere } = await placeFor(connection, hash);
  if (isThere) return directory;
  await refuseWithoutTools(host, connection);
  say(`${host.name}: building programs there, which takes a minute or two`);
  if (await sendFiles(machine, connection, directory, [[projectRoot, sources]], buildScript)) {
    return directory;
  }
  throw new UserError(
    `${host.name}: the programs cannot be built there`,
    'see why: copy the clone there and run make in it',
  );
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

/** Where programs of this hash belong, and whether they are there. */
async function placeFor(
  connection: SshConnection,
  hash: string,
): Promise<{ directory: string; architecture: string; isThere: boolean }> {
  const script =
    'd="${XDG_CACHE_HOME:-$HOME/.cache}/forkbench/$1"; mkdir -p "${d%/*}" && uname -m && echo "$d" && test -d "$d"; echo $?';
  const { stdout, stderr } = await connection.run(['sh', '-c', script, 'sh', hash]);
  const [architecture, directory, missing] = stdout.split('\n');
  if (architecture === undefined || !directory?.startsWith('/')) {
    throw new UserError(`nothing can be kept there: ${stderr.trim()}`, 'make ~/.cache writable there');
  }
  return { architecture, directory, isThere: missing === '0' };
}

/** Copies without what a debugger needs, which is most of them; the programs themselves where there is no strip. */
async function stripped(machine: Machine, programs: readonly string[]): Promise<string> {
  const directory = join(machine.scratchDir, 'stripped');
  const script =
    'mkdir -p "$1/$2" && cd "$3/$2" && for one in *; do strip -S -o "$1/$2/$one" "$one" || exit 1; done';
  const argv = ['sh', '-c', script, 'sh', directory, programsDir, projectRoot];
  const { exitCode } = await machine.run(argv, { limitMs: 60_000 });
  return exitCode === 0 && programs.length > 0 ? directory : projectRoot;
}

const packLimitMs = 60_000;

type FilesFrom = readonly [directory: string, files: readonly string[]];

/** Its arguments are where they belong and a script that is run on them, whose own argument is where they are. */
const placeScript = `umask 077; set -- "$1.$$" "$1" "$2"; mkdir -p "$1" && tar -C "$1" -xzf - || exit 1
sh -c "$3" sh "$1" || { rm -rf "$1"; exit 77; }
mv -T "$1" "$2" 2> /dev/null || rm -rf "$1"; test -d "$2"`;
const trialFailed = 77;

/**
 * Unpacks files there and runs a shell's `trial` on them; only where that works they are put in place. Another run may
 * have been faster: what it has placed is the same.
 */
async function sendFiles(
  machine: Machine,
  connection: SshConnection,
  directory: string,
  sent: readonly FilesFrom[],
  trial: string,
): Promise<boolean> {
  const archive = join(machine.scratchDir, 'programs.tar.gz');
  const files = sent.flatMap(([from, names]) => ['-C', from, ...names]);
  const packed = await machine.run(['tar', '-czf', archive, ...files], { limitMs: packLimitMs });
  if (packed.exitCode !== 0) throw new Error(`tar: ${packed.startError ?? packed.stderr.trim()}`);
  const argv = ['sh', '-c', placeScript, 'sh', directory, trial];
  const { exitCode, stderr } = await connection.feed(archive, argv);
  if (exitCode !== 0 && exitCode !== trialFailed) {
    throw new UserError(
      `programs cannot be sent there: ${stderr.trim()}`,
      'make room for 20 MB in ~/.cache there',
    );
  }
  return exitCode === 0;
}
