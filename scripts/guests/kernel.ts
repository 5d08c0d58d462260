import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { $ } from 'zx/core';
import { kernelParts, unpacked } from './debian-packages.ts';

export interface GuestKernel {
  /** Such as 6.1.0-56-cloud-amd64. */
  readonly release: string;
  readonly image: string;
  /** Where its modules are. */
  readonly modules: string;
}

/** Debian's or Ubuntu's kernel for virtual machines, fetched once. Throws where apt cannot fetch it. */
export async function guestKernel(): Promise<GuestKernel> {
  const parts = await kernelParts();
  const root = await unpacked(parts[0]!, parts);
  const image = (await readdir(join(root, 'boot'))).find((file) => file.startsWith('vmlinuz-'));
  if (image === undefined) throw new Error(`${parts.join(', ')} hold no kernel`);
  const release = image.slice('vmlinuz-'.length);
  const modules = ['lib/modules', 'usr/lib/modules'].map((place) => join(root, place, release));
  return { release, image: join(root, 'boot', image), modules: modules.find(existsSync) ?? modules[0]! };
}

const plain = (file: string): string =>
  basename(file)
    .replace(/\.ko(\.(xz|zst))?$/, '')
    .replaceAll('-', '_');

/**
 * Puts modules into `directory`, with a script `load` that loads them in the order given, so each must come after those that
 * it needs. What is built into the kernel is left out. Throws for a module that the kernel hasn't.
 */
export async function takeModules(
  kernel: GuestKernel,
  names: readonly string[],
  directory: string,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const builtIn = (await readFile(join(kernel.modules, 'modules.builtin'), 'utf8')).split('\n').map(plain);
  const files = await readdir(kernel.modules, { recursive: true });
  const script: string[] = [];
  for (const name of names.filter((wanted) => !builtIn.includes(wanted))) {
    const file = files.find((candidate) => /\.ko(\.\w+)?$/.test(candidate) && plain(candidate) === name);
    if (file === undefined) throw new Error(`kernel ${kernel.release} has no module ${name}`);
    await takeModule(join(kernel.modules, file), join(directory, `${name}.ko`));
    script.push(`insmod /modules/${name}.ko`);
  }
  await writeFile(join(directory, 'load'), `${script.join('\n')}\n`);
}

async function takeModule(from: string, to: string): Promise<void> {
  if (from.endsWith('.zst')) await $({ quiet: true })`zstd --quiet --decompress ${from} -o ${to}`;
  else if (from.endsWith('.xz')) await $({ quiet: true })`xz --decompress --stdout ${from} > ${to}`;
  else await copyFile(from, to);
}
