import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { guestCache } from './debian-packages.ts';
import {
  packInitramfs,
  putScript,
  takeBusybox,
  takeDropbear,
  takeLibraries,
  takePrograms,
} from './initramfs.ts';
import { guestKernel, takeModules, type GuestKernel } from './kernel.ts';

/** In this order, which is that of their dependencies. */
const virtio = ['virtio_ring', 'virtio', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci'];
const network = ['failover', 'net_failover', 'virtio_net'];
/** What the sampler asks the kernel for: where insmod alone loads modules, none is loaded on demand. */
const socketLists = ['inet_diag', 'tcp_diag'];

/** What probes run beside a server, where the machine at hand has it. */
const tools = ['ip', 'netstat', 'strace'];
const programs = 'build/release/bin';

/**
 * The first process of a guest. Its address on the network between the guests comes on the kernel's command line; the
 * other network leads to whoever started the guest, under the address that QEMU's user network expects.
 */
const init = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /proc /sys /dev /tmp /run
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
. /modules/load
for word in $(cat /proc/cmdline); do
  case $word in
    guest.name=*) hostname "\${word#*=}" ;;
    guest.address=*) address=\${word#*=} ;;
  esac
done
ifconfig lo up
ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
ifconfig eth1 "$address" netmask 255.255.255.0 up
exec dropbear -F -E -s -j -k -p 22 -r /etc/dropbear/host_key
`;

/** What two guests boot from; nothing in it belongs to one of them alone. */
export interface SmallGuest {
  readonly kernel: GuestKernel;
  readonly initramfs: string;
}

/**
 * A guest of a kernel, busybox, an ssh server and the libraries of our programs, made once for each version of these.
 * Throws where apt cannot fetch its parts.
 */
export async function smallGuest(): Promise<SmallGuest> {
  const kernel = await guestKernel();
  const ours = (await readdir(programs)).map((program) => resolve(programs, program));
  const recipe = createHash('sha256').update(kernel.release);
  for (const source of ['small-guest.ts', 'initramfs.ts', 'kernel.ts']) {
    recipe.update(await readFile(join(import.meta.dirname, source)));
  }
  const initramfs = join(guestCache, `small-${recipe.digest('hex').slice(0, 16)}.cpio.gz`);
  if (!existsSync(initramfs)) await makeInitramfs(kernel, ours, initramfs);
  return { kernel, initramfs };
}

async function makeInitramfs(kernel: GuestKernel, ours: readonly string[], archive: string): Promise<void> {
  const tree = await mkdtemp(join(tmpdir(), 'forkbench-guest-'));
  try {
    await takeBusybox(tree);
    await takeDropbear(tree);
    await takeLibraries(ours, tree);
    await takePrograms(tools, tree);
    await takeModules(kernel, [...virtio, ...network, ...socketLists], join(tree, 'modules'));
    await putScript(tree, 'etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n');
    await putScript(tree, 'etc/group', 'root:x:0:\n');
    await putScript(tree, 'etc/shells', '/bin/sh\n');
    const name = `Guest of ${kernel.release}`;
    await putScript(tree, 'etc/os-release', `ID=guest\nPRETTY_NAME="${name}"\n`);
    await putScript(tree, 'init', init);
    const temporary = `${archive}.${process.pid}.tmp`;
    await mkdir(guestCache, { recursive: true });
    await packInitramfs(tree, temporary);
    await rename(temporary, archive);
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}
