import { cp, mkdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { $, which } from 'zx/core';
import type { Contained } from './contained.ts';

/** Programs that set-up must bring along. One of them in the fresh root would prove nothing. */
const mustBeMissing = ['g++', 'make', 'strace', 'netstat', 'ip', 'git', 'python3'];

/** Where programs live in the new machine. */
const programDirectories = ['usr/local/bin', 'usr/bin', 'usr/sbin'];

export interface Archive {
  readonly suite: string;
  readonly mirror: string;
  readonly components: string;
}

/** The package archive that this machine uses, so that whatever reaches it here reaches it there. */
export async function hostArchive(suite: string): Promise<Archive> {
  const format = '$(CODENAME)\t$(COMPONENT)\t$(REPO_URI)';
  const targets = await $({ quiet: true })`apt-get indextargets --format ${format} ${'Created-By: Packages'}`;
  const rows = targets.stdout.split('\n').map((line) => line.split('\t'));
  const ofSuite = rows.filter(([codename]) => codename === suite);
  const mirror = ofSuite[0]?.[2];
  if (mirror === undefined) throw new Error(`no apt source of this machine holds ${suite}`);
  const components = new Set(ofSuite.map(([, component]) => component ?? 'main'));
  return { suite, mirror, components: [...components].join(',') };
}

/** A minimal Debian or Ubuntu in `root`, with this machine's Node and npm and nothing else of it. */
export async function buildRoot(contained: Contained, root: string, archive: Archive): Promise<void> {
  const { suite, mirror, components } = archive;
  const options = ['--variant=minbase', `--components=${components}`];
  const exitCode = await contained.run(['debootstrap', ...options, suite, root, mirror], { quiet: true });
  if (exitCode !== 0) throw new Error(`debootstrap ended with exit code ${exitCode}`);
  await copyNode(root);
  await copyNetworkSettings(root);
  for (const program of mustBeMissing) {
    for (const directory of programDirectories) {
      if ((await $({ nothrow: true, quiet: true })`test -e ${join(root, directory, program)}`).ok) {
        throw new Error(`${program} is already there: this machine is not bare`);
      }
    }
  }
}

async function copyNode(root: string): Promise<void> {
  const npmProgram = await realpath(await which('npm'));
  const npmDirectory = dirname(dirname(npmProgram));
  const library = join(root, 'usr/local/lib/node_modules');
  const programs = join(root, 'usr/local/bin');
  await mkdir(library, { recursive: true });
  await cp(process.execPath, join(programs, 'node'));
  await cp(npmDirectory, join(library, 'npm'), { recursive: true });
  for (const name of ['npm', 'npx']) {
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(programs, name));
  }
}

/** Certificates that this machine trusts beside Node's own, as behind a company's proxy. */
const certificates = '/usr/local/share/forkbench-certificates.pem';

async function copyNetworkSettings(root: string): Promise<void> {
  await writeFile(join(root, 'etc/resolv.conf'), await readFile('/etc/resolv.conf'));
  const extra = process.env['NODE_EXTRA_CA_CERTS'];
  if (extra !== undefined) await cp(extra, join(root, certificates), { dereference: true });
}

/** The environment of a login there: nothing of this machine's but the way to the network. */
export function rootEnvironment(): Record<string, string> {
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  const kept = proxies.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    HOME: '/root',
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    TERM: process.env['TERM'] ?? 'dumb',
    ...Object.fromEntries(kept),
    ...(process.env['NODE_EXTRA_CA_CERTS'] === undefined
      ? {}
      : { NODE_EXTRA_CA_CERTS: certificates, npm_config_cafile: certificates }),
  };
}
