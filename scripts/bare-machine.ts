/*
 * usage: npm run test:bare -- [--suite NAME] [--keep] [COMMAND...]
 *
 * Proves that set-up brings everything along: makes a minimal Debian or Ubuntu of this machine's own release (or of
 * --suite) in a temporary directory, puts Node, npm and a clone of the last commit into it, and runs each COMMAND
 * there, `npm start` and `npm test` by default. Needs root, debootstrap, git, and the network for apt and npm.
 * What it makes is removed at its end, after Ctrl-C too, unless --keep is given. Exit code 0: every command succeeded.
 */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { $, which } from 'zx/core';
import { buildRoot, hostArchive, rootEnvironment } from './bare-machine/build-root.ts';
import { Contained } from './bare-machine/contained.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { suite: { type: 'string' }, keep: { type: 'boolean', default: false } },
});
const commands = positionals.length > 0 ? positionals : ['npm start', 'npm test'];
const repository = join(import.meta.dirname, '..');
/** Where the clone is, as seen from inside. */
const clone = '/srv/forkbench';
const say = (line: string): void => console.log(`bare machine: ${line}`);

if (process.getuid?.() !== 0) fail('needs root, for debootstrap and chroot');
for (const program of ['debootstrap', 'git', 'unshare', 'chroot']) {
  if ((await which(program, { nothrow: true })) === null)
    fail(`needs ${program}: apt-get install ${program}`);
}

const contained = new Contained();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => contained.stop());

const root = await mkdtemp(join(tmpdir(), 'forkbench-bare-'));
try {
  await chmod(root, 0o755); // It is "/" for every user in there.
  process.exitCode = await prove();
} catch (error) {
  process.exitCode = 1;
  if (!contained.wasStopped)
    console.error(`bare machine: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  if (values.keep) say(`kept in ${root}`);
  else await rm(root, { recursive: true, force: true });
}
if (contained.wasStopped) process.exitCode = 130;

async function prove(): Promise<number> {
  const archive = await hostArchive(values.suite ?? (await hostSuite()));
  say(`making a minimal ${archive.suite} from ${archive.mirror}, about a minute`);
  await buildRoot(contained, root, archive);
  const commit = (await $({ quiet: true, cwd: repository })`git rev-parse --short HEAD`).stdout.trim();
  say(`cloning ${commit}; what is not committed is not tested`);
  await $({ quiet: true })`git clone --quiet --no-local ${repository} ${join(root, clone)}`;

  const environment = Object.entries(rootEnvironment()).map(([name, value]) => `${name}=${value}`);
  const enter = ['sh', join(import.meta.dirname, 'bare-machine/enter.sh'), root, 'env', '-i', ...environment];
  for (const command of commands) {
    say(command);
    const started = Date.now();
    const exitCode = await contained.run([...enter, 'sh', '-c', 'cd "$0" && eval "$1"', clone, command]);
    say(`${command}: exit code ${exitCode}, ${((Date.now() - started) / 1000).toFixed(1)} s`);
    if (exitCode !== 0) return 1;
  }
  return 0;
}

async function hostSuite(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8');
  const suite = /^VERSION_CODENAME=(\S+)$/m.exec(release)?.[1];
  return suite ?? fail('cannot tell the release of this machine from /etc/os-release: use --suite');
}

function fail(message: string): never {
  console.error(`bare machine: ${message}`);
  process.exit(2);
}
