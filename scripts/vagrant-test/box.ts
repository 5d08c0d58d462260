import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx/core';
import { hostArchive } from '../bare-machine/build-root.ts';
import { guestCache } from '../guests/debian-packages.ts';
import { packInitramfs, putScript, takeBusybox } from '../guests/initramfs.ts';
import { guestKernel, takeModules } from '../guests/kernel.ts';
import { requirements } from '../setup/packages.ts';

const quiet = $({ quiet: true });

/** What vagrant box add takes, and what the machines boot beside it. */
export interface Box {
  readonly file: string;
  readonly kernel: { readonly release: string; readonly image: string };
  readonly initramfs: string;
}

const toBeReached = ['openssh-server', 'sudo', 'ifupdown', 'isc-dhcp-client', 'kmod', 'procps', 'bash'];
/** What provisioning would install: the machines reach no archive. */
const toRun = requirements
  .filter(({ neededTo }) => neededTo === 'run')
  .map(({ debianPackage }) => debianPackage);

const virtualDisk = ['virtio_ring', 'virtio', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci'];
const modules = [
  ...[...virtualDisk, 'virtio_blk', 'failover', 'net_failover', 'virtio_net', 'inet_diag', 'tcp_diag'],
  ...['crc32c_generic', 'libcrc32c', 'crc16', 'mbcache', 'jbd2', 'ext4'],
];
const diskMib = 2048;

/** Hands over to the disk as soon as it is there. */
const initramfsInit = `#!/bin/sh
mkdir -p /proc /sys /dev /disk
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
. /modules/load
while ! mount -t ext4 /dev/vda /disk; do sleep 0.2; done
umount /proc /sys
mount --move /dev /disk/dev
exec switch_root /disk /sbin/box-init
`;

/** In place of an init system, which would take most of the time that an emulated machine has. */
const boxInit = `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /run/sshd /run/network
ifup lo eth0
exec /usr/sbin/sshd -D
`;

/** Vagrant restarts every network when it sets the host's name, before it has said what eth1 is. */
const interfaces = `auto lo
iface lo inet loopback
auto eth0
iface eth0 inet dhcp
iface eth1 inet manual
`;

/**
 * Makes a box of this machine's own Debian or Ubuntu, once: a minimal one with an ssh server, Vagrant's user and what
 * programs and probes need. `publicKey` is the one that Vagrant puts into every box. Throws where a part cannot be fetched.
 */
export async function makeBox(publicKey: string, suite: string): Promise<Box> {
  const kernel = await guestKernel();
  const directory = join(guestCache, `box-${suite}-${kernel.release}`);
  const box = { file: join(directory, 'forkbench.box'), kernel, initramfs: join(directory, 'initramfs.gz') };
  if (existsSync(directory)) return box;
  await mkdir(guestCache, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'forkbench-box-'));
  const temporary = `${directory}.${process.pid}.tmp`;
  try {
    await mkdir(temporary);
    await makeDisk(join(work, 'root'), join(work, 'box.img'), publicKey, suite);
    const metadata = { provider: 'libvirt', format: 'qcow2', virtual_size: Math.ceil(diskMib / 1024) };
    await writeFile(join(work, 'metadata.json'), JSON.stringify(metadata));
    await quiet`tar -C ${work} -cf ${join(temporary, 'forkbench.box')} metadata.json box.img`;
    await makeInitramfs(join(work, 'initramfs'), join(temporary, 'initramfs.gz'));
    await rename(temporary, directory);
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(temporary, { recursive: true, force: true });
  }
  return box;
}

async function makeDisk(root: string, image: string, publicKey: string, suite: string): Promise<void> {
  const { mirror, components } = await hostArchive(suite);
  const included = `--include=${[...toBeReached, ...toRun].join(',')}`;
  const options = ['--variant=minbase', `--components=${components}`, included];
  // In namespaces of its own, with which its mounts go.
  const alone = ['unshare', '--mount', '--pid', '--fork', '--kill-child=SIGKILL'];
  await quiet`${alone} debootstrap ${options} ${suite} ${root} ${mirror}`;
  await quiet`chroot ${root} useradd --create-home --shell /bin/bash vagrant`;
  await quiet`chroot ${root} usermod --password '*' vagrant`;
  const keys = join(root, 'home/vagrant/.ssh');
  await mkdir(keys, { mode: 0o700 });
  await writeFile(join(keys, 'authorized_keys'), publicKey, { mode: 0o600 });
  await quiet`chroot ${root} chown -R vagrant:vagrant /home/vagrant/.ssh`;
  await writeFile(join(root, 'etc/sudoers.d/vagrant'), 'vagrant ALL=(ALL) NOPASSWD: ALL\n', { mode: 0o440 });
  await writeFile(join(root, 'etc/network/interfaces'), interfaces);
  await writeFile(join(root, 'etc/ssh/sshd_config.d/box.conf'), 'UseDNS no\n');
  await putScript(root, 'sbin/box-init', boxInit);
  await chmod(root, 0o755);
  await quiet`rm -rf ${join(root, 'var/cache/apt/archives')} ${join(root, 'var/lib/apt/lists')}`;
  const raw = `${image}.raw`;
  await quiet`truncate --size ${`${diskMib}M`} ${raw}`;
  await quiet`mke2fs -q -t ext4 -d ${root} ${raw}`;
  await quiet`qemu-img convert -f raw -O qcow2 ${raw} ${image}`;
}

async function makeInitramfs(tree: string, archive: string): Promise<void> {
  await takeBusybox(tree);
  await takeModules(await guestKernel(), modules, join(tree, 'modules'));
  await putScript(tree, 'init', initramfsInit);
  await packInitramfs(tree, archive);
}
