import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Box } from './box.ts';

/** Places of this machine that libvirt writes to; in here each is a directory of our own. */
const places = ['/etc/libvirt', '/var/lib/libvirt', '/var/cache/libvirt', '/var/log/libvirt', '/run'];

const qemuConf = `user = "root"
group = "root"
stdio_handler = "file"
security_driver = "none"
cgroup_controllers = []
dynamic_ownership = 0
`;

/** A libvirtd that knows no machine but ours. To be started in namespaces of its own, with which all it does goes. */
export async function startLibvirt(directory: string): Promise<{ stop(): Promise<void> }> {
  await execa('ip', ['link', 'set', 'lo', 'up']);
  for (const place of places) {
    const own = join(directory, place);
    await mkdir(own, { recursive: true });
    await mkdir(place, { recursive: true });
    if (place === '/etc/libvirt') {
      await writeFile(join(own, 'qemu.conf'), qemuConf);
      await writeFile(join(own, 'libvirtd.conf'), 'auth_unix_rw = "none"\n');
    }
    await execa('mount', ['--bind', own, place]);
  }
  const daemon = execa('libvirtd', [], { reject: false, all: true, stdin: 'ignore' });
  const stop = async (): Promise<void> => {
    daemon.kill('SIGTERM');
    await daemon;
  };
  for (let tries = 0; tries < 300; tries++) {
    const asked = await execa('virsh', ['-c', 'qemu:///system', 'list'], { reject: false });
    if (asked.exitCode === 0) return { stop };
    await sleep(100);
  }
  await stop();
  throw new Error(`libvirtd does not answer: ${(await daemon).all.slice(-2000)}`);
}

/**
 * What Vagrant reads before the project's Vagrantfile: emulation instead of KVM, our kernel, and a network that leads nowhere
 * else.
 */
export const userVagrantfile = (box: Box): string => `Vagrant.configure("2") do |config|
  config.ssh.insert_key = false
  config.vm.boot_timeout = 600
  config.vm.provider "libvirt" do |libvirt|
    libvirt.driver = "qemu"
    libvirt.machine_type = "q35"
    libvirt.cpu_mode = "custom"
    libvirt.cpu_model = "qemu64"
    libvirt.kernel = ${JSON.stringify(box.kernel.image)}
    libvirt.initrd = ${JSON.stringify(box.initramfs)}
    libvirt.cmd_line = "console=ttyS0 quiet panic=-1 net.ifnames=0"
    libvirt.graphics_type = "none"
    libvirt.management_network_mode = "none"
  end
end
`;
