import { existsSync } from 'node:fs';
import { copyFile, mkdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { $, which } from 'zx/core';
import { unpacked } from './debian-packages.ts';

/** Packs all that is below `directory` into an archive that a kernel takes as its first file system. */
export async function packInitramfs(directory: string, archive: string): Promise<void> {
  const packed = $({ quiet: true, cwd: directory });
  await packed`set -o pipefail; find . | cpio --quiet --create --format=newc --owner=0:0 | gzip -1 > ${archive}`;
}

/** Puts busybox into the tree, under the names of all its programs. */
export async function takeBusybox(tree: string): Promise<void> {
  const root = await unpacked('busybox-static', ['busybox-static']);
  await mkdir(join(tree, 'bin'), { recursive: true });
  const busybox = ['bin/busybox', 'usr/bin/busybox'].map((path) => join(root, path)).find(existsSync);
  if (busybox === undefined) throw new Error('busybox-static holds no busybox');
  await copyFile(busybox, join(tree, 'bin/busybox'));
  const { stdout } = await $({ quiet: true })`${busybox} --list`;
  const links = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  await $({ quiet: true, cwd: join(tree, 'bin') })`for name in ${links}; do ln -sf busybox "$name"; done`;
}

const dropbearPackages = ['dropbear-bin', 'libtomcrypt1', 'libtommath1'];

/** Where Dropbear was unpacked, and what lets its programs run from there. */
export async function dropbear(): Promise<{ root: string; env: { LD_LIBRARY_PATH: string } }> {
  const root = await unpacked('dropbear', dropbearPackages);
  const places = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'].map((place) => join(root, place));
  return { root, env: { LD_LIBRARY_PATH: places.join(':') } };
}

/** Puts the ssh server into the tree, with its libraries. */
export async function takeDropbear(tree: string): Promise<void> {
  const { root, env } = await dropbear();
  const server = join(root, 'usr/sbin/dropbear');
  await takeFile(server, join(tree, 'usr/sbin/dropbear'));
  for (const library of await librariesOf(server, env)) {
    await takeFile(library, join(tree, library.startsWith(root) ? library.slice(root.length) : library));
  }
}

/** Puts the libraries that `programs` need into the tree, where they are looked for. */
export async function takeLibraries(programs: readonly string[], tree: string): Promise<void> {
  const libraries = new Set((await Promise.all(programs.map((program) => librariesOf(program)))).flat());
  for (const library of libraries) await takeFile(library, join(tree, library));
}

/** Puts those of these programs into the tree that this machine has, with their libraries. */
export async function takePrograms(names: readonly string[], tree: string): Promise<void> {
  const found = await Promise.all(names.map((name) => which(name, { nothrow: true })));
  const programs = found.filter((program) => program !== null);
  for (const program of programs) await takeFile(program, join(tree, program));
  await takeLibraries(programs, tree);
}

/** None of a program that is linked statically. */
async function librariesOf(program: string, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const options = { quiet: true, nothrow: true, env: { ...process.env, LC_ALL: 'C', ...env } };
  const { exitCode, stdout, stderr } = await $(options)`ldd ${program}`;
  if (exitCode !== 0 && !stderr.includes('not a dynamic executable'))
    throw new Error(`ldd ${program}: ${stderr}`);
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, file]) => file!);
}

async function takeFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(await realpath(from), to);
}

/** Writes a text into the tree, for everybody to run. */
export async function putScript(tree: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(tree, path)), { recursive: true });
  await writeFile(join(tree, path), text, { mode: 0o755 });
}
