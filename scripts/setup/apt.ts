import { $, which } from 'zx/core';

export type Privilege = 'root' | 'sudo' | 'none';

/** How packages can be installed here. A sudo that would ask for a password only counts on a terminal. */
export async function installPrivilege(): Promise<Privilege> {
  if ((await which('apt-get', { nothrow: true })) === null) return 'none';
  if (process.getuid?.() === 0) return 'root';
  if ((await which('sudo', { nothrow: true })) === null) return 'none';
  const withoutPassword = await $({ nothrow: true, quiet: true })`sudo -n true`;
  return withoutPassword.exitCode === 0 || process.stdin.isTTY ? 'sudo' : 'none';
}

/** What a user can type to get the same; every argument is a plain package name. */
export function installCommand(packages: readonly string[], privilege: Privilege): string {
  const apt = privilege === 'root' ? 'apt-get' : 'sudo apt-get';
  return `${apt} update && ${apt} install -y --no-install-recommends ${packages.join(' ')}`;
}

/** Installs the packages, or says on stderr why that failed. */
export async function install(packages: readonly string[], privilege: 'root' | 'sudo'): Promise<boolean> {
  const asRoot = privilege === 'sudo' ? ['sudo'] : [];
  // `env` because sudo resets the environment. The lock is often held for a while by unattended upgrades.
  const aptGet = [
    ...asRoot,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-qq',
    '-o',
    'DPkg::Lock::Timeout=120',
  ];
  const run = $({ nothrow: true, quiet: true, stdio: ['inherit', 'pipe', 'pipe'] });

  const update = await run`${aptGet} update`;
  const installation = await run`${aptGet} install -y --no-install-recommends ${packages}`;
  if (installation.exitCode === 0) return true;
  // An update fails offline, where the packages may still be in the cache: it only matters when this failed too.
  console.error(`${update.stderr}${installation.stderr}`.trim());
  return false;
}
