import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { $ } from 'zx/core';

/** Where what was fetched and built for guests stays. */
export const guestCache = resolve('build/guests');

/** Kernels made for virtual machines: Debian's, then Ubuntu's. */
const kernelPackages = ['linux-image-cloud-amd64', 'linux-image-virtual'];
const kernelPart = /^linux-(image|modules)-\d\S*$/;

/**
 * The packages that hold the kernel for virtual machines and its modules, of the version that apt would install.
 * Throws where apt knows none.
 */
export async function kernelParts(): Promise<string[]> {
  for (const name of kernelPackages) {
    const onlyNeeded = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
    const flags = ['--recurse', ...onlyNeeded.map((kind) => `--no-${kind}`)];
    const { stdout } = await $({ nothrow: true, quiet: true })`apt-cache depends ${flags} ${name}`;
    const parts = stdout.split('\n').filter((line) => kernelPart.test(line));
    if (parts.length > 0) return parts;
  }
  throw new Error(`apt knows none of ${kernelPackages.join(', ')}: apt-get update`);
}

/**
 * Unpacks what the packages hold into a directory of the cache, without installing them, and resolves with it. What was
 * unpacked stays, so this is quick when it was done before. Throws where apt cannot fetch them.
 */
export async function unpacked(name: string, packages: readonly string[]): Promise<string> {
  const directory = join(guestCache, 'packages', name);
  if (existsSync(directory)) return directory;
  const temporary = `${directory}.${process.pid}.tmp`;
  await mkdir(temporary, { recursive: true });
  try {
    // As root, apt would rather fetch as a user of its own, who cannot write here.
    const sandbox = ['-o', 'APT::Sandbox::User=root'];
    await $({ quiet: true, cwd: temporary })`apt-get ${sandbox} download ${packages}`;
    for (const file of await readdir(temporary)) {
      await $({ quiet: true, cwd: temporary })`dpkg-deb --extract ${file} ${join(temporary, 'root')}`;
    }
    await rename(join(temporary, 'root'), directory);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return directory;
}
