/*
 * usage: npm run test:vagrant -- [--write]
 *
 * Runs the smoke scenario on the machines of the Vagrantfile: real `vagrant up --provider=libvirt`, then
 * `--hosts vagrant`, then `vagrant destroy`. The box is made here, of this machine's own release, and kept in build/guests. libvirtd runs in
 * namespaces of its own, so nothing of this machine's is changed and nothing is left; the machines are emulated by QEMU, so no KVM is
 * needed. Needs root, and the network for apt. --write makes docs/vagrant-test.md of a test that passed. Exit code 0: it passed; 1: it failed;
 * 2: something must be installed first.
 */
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { $, which } from 'zx/core';
import { makeBox } from './vagrant-test/box.ts';
import { outcomePage, type Outcome } from './vagrant-test/outcome.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
/** Programs, and the packages that hold them. */
const needed: Readonly<Record<string, string>> = {
  vagrant: 'vagrant vagrant-libvirt',
  libvirtd: 'libvirt-daemon-system libvirt-daemon-system-sysv',
  virsh: 'libvirt-clients',
  dnsmasq: 'dnsmasq-base',
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  debootstrap: 'debootstrap',
  cpio: 'cpio',
  mke2fs: 'e2fsprogs',
};
const quiet = $({ quiet: true });
const page = 'docs/vagrant-test.md';

function fail(message: string): never {
  console.error(`vagrant test: ${message}`);
  process.exit(2);
}

if (process.getuid?.() !== 0) fail('needs root, for namespaces, debootstrap and libvirtd');
if (process.arch !== 'x64') fail(`the machines are of the architecture x64, and this is ${process.arch}`);
const missing: string[] = [];
for (const [program, packages] of Object.entries(needed)) {
  if ((await which(program, { nothrow: true })) === null) missing.push(packages);
}
if (missing.length > 0) fail(`apt-get install --no-install-recommends ${missing.join(' ')}`);

const directory = await mkdtemp(join(tmpdir(), 'forkbench-vagrant-'));
try {
  console.log('vagrant test: making the box, unless it is there');
  const suite = /^VERSION_CODENAME=(\S+)$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1];
  const box = await makeBox(await vagrantsKey(), suite ?? fail('/etc/os-release names no release'));
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child=SIGKILL'];
  const inside = ['--import', 'tsx', 'scripts/vagrant-test/inside.ts', directory, JSON.stringify(box)];
  const shown = $({ nothrow: true, quiet: true, stdio: ['ignore', 'inherit', 'inherit'] });
  const { exitCode } = await shown`exec unshare ${namespaces} ${process.execPath} ${inside}`;
  const outcome = JSON.parse(await readFile(join(directory, 'outcome.json'), 'utf8')) as Outcome;
  const text = outcomePage(outcome, await versions(box.kernel.release));
  console.log(text);
  if (values.write && outcome.failures.length === 0) {
    await writeFile(page, await format(text, { ...(await resolveConfig(page)), parser: 'markdown' }));
  }
  process.exitCode = exitCode === 0 ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** The public half of the key that Vagrant knows for every box. */
async function vagrantsKey(): Promise<string> {
  const { stdout } = await quiet`dpkg-query --listfiles vagrant`;
  const file = stdout.split('\n').find((path) => path.endsWith('/keys/vagrant.pub'));
  if (file === undefined) fail('the package vagrant holds no keys/vagrant.pub');
  await access(file);
  return readFile(file, 'utf8');
}

async function versions(guestKernel: string): Promise<[string, string][]> {
  const versionOf = async (name: string): Promise<[string, string]> => {
    const { stdout } = await quiet`dpkg-query --show --showformat=${'${Version}'} ${name}`;
    return [name, stdout];
  };
  const packages = ['vagrant', 'vagrant-libvirt', 'libvirt-daemon-system', 'qemu-system-x86'];
  return [
    ...(await Promise.all(packages.map(versionOf))),
    ['kernel of this machine', release()],
    ['kernel of the guests', guestKernel],
  ];
}
