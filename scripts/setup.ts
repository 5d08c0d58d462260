/*
 * usage: node --import tsx scripts/setup.ts --for run|bench|test
 *
 * Makes this machine ready: Debian packages that are missing, then the native programs. Exit code 0: ready, perhaps
 * with less than everything, which it says; 1: the programs don't compile; 2: something must be installed first.
 * scripts/bootstrap.sh starts it, and only when there may be something to do.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { $ } from 'zx/core';
import { install, installCommand, installPrivilege } from './setup/apt.ts';
import { find, losses, purposes, requiredFor, type Purpose, type Requirement } from './setup/packages.ts';

const say = (line: string): void => console.log(`forkbench: ${line}`);
const complain = (line: string): void => console.error(`forkbench: ${line}`);

const { values } = parseArgs({ options: { for: { type: 'string' } } });
const purpose = purposes.find((known) => known === values.for);
if (purpose === undefined) {
  complain(`--for: "${values.for ?? ''}" is none of ${purposes.join(', ')}`);
  process.exit(2);
}
process.exit(await setUp(purpose));

async function setUp(goal: Purpose): Promise<number> {
  const stamp = `build/setup-${goal}`;
  await rm(stamp, { force: true });

  const required = requiredFor(goal);
  const missing = await installMissing(required.filter((requirement) => find(requirement) === null));
  if (missing.some((requirement) => requirement.neededTo === 'build')) return 2;
  if (goal === 'test' && missing.length > 0) return 2;

  await mkdir('build', { recursive: true });
  for (const build of goal === 'test' ? ['release', 'asan'] : ['release']) {
    if (!(await buildPrograms(build))) return 1;
  }
  if (missing.length === 0) {
    await writeFile(stamp, required.map((requirement) => `${find(requirement)}\n`).join(''));
  }
  return 0;
}

/** Installs what it may, says what is lost without the rest, and returns the rest. */
async function installMissing(missing: Requirement[]): Promise<Requirement[]> {
  if (missing.length === 0) return [];
  const packages = missing.map((requirement) => requirement.debianPackage);
  const privilege = await installPrivilege();
  if (privilege !== 'none') {
    const how = privilege === 'sudo' ? 'with sudo' : 'as root';
    say(`installing Debian packages ${how}, which can take some minutes: ${packages.join(' ')}`);
    if (await install(packages, privilege))
      return missing.filter((requirement) => find(requirement) === null);
  }
  const why =
    privilege === 'none' ? 'are missing, and this user cannot install them' : 'could not be installed';
  complain(`Debian packages ${why}: ${packages.join(' ')}`);
  for (const loss of losses(missing)) complain(`  ${loss}`);
  complain(`on Debian or Ubuntu: ${installCommand(packages, privilege)}`);
  if (!missing.some((requirement) => requirement.neededTo === 'build')) complain('going on without them');
  return missing;
}

async function buildPrograms(build: string): Promise<boolean> {
  // The lock keeps two set-ups at once from writing the same object files.
  const make = ['flock', 'build/.lock', 'make', '--silent', `-j${availableParallelism()}`, `BUILD=${build}`];
  const upToDate = await $({ nothrow: true, quiet: true })`make --question ${`BUILD=${build}`}`;
  if (upToDate.exitCode === 0) return true;
  say(`building the servers and the load generator (${build})`);
  const result = await $({ nothrow: true, quiet: true, stdio: ['ignore', 'inherit', 'inherit'] })`${make}`;
  if (result.exitCode !== 0) complain('make failed: see above');
  return result.exitCode === 0;
}
