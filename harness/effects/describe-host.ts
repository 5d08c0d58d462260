import type { HostMachine } from '../core/manifest.ts';
import type { HostSide } from '../core/plugin.ts';
import { systemName } from './environment.ts';
import type { SshHost } from './ssh-host.ts';

/** What a host is, as far as it may change a figure. */
export async function describeHost(host: SshHost, { machine, look, name }: HostSide): Promise<HostMachine> {
  const paths = ['/proc/sys/kernel/osrelease', '/etc/os-release', '/proc/cpuinfo', '/proc/meminfo'];
  const { files } = await look!(paths, []);
  const [kernel = '', osRelease = '', cpuInfo = '', memory = ''] = files.map((text) => text ?? '');
  const detected = await machine.run(['systemd-detect-virt']);
  const virtualization = detected.stdout.trim();
  const { unixUs, uncertaintyUs } = host.agent().clocks();
  return {
    name: host.entry.name,
    role: name,
    kernel: kernel.trim() || 'unknown',
    operatingSystem: systemName(osRelease),
    cpuModel: /^model name\s*:\s*(.*)$/m.exec(cpuInfo)?.[1] ?? 'unknown',
    cpuCount: Math.max(1, [...cpuInfo.matchAll(/^processor\s*:/gm)].length),
    memoryMb: Math.round(Number(/^MemTotal:\s*(\d+) kB/m.exec(memory)?.[1] ?? 0) / 1024),
    virtualization: virtualization === '' ? null : virtualization,
    root: machine.root,
    programsBuiltThere: host.programs.builtThere,
    clockOffsetMs: Math.round(unixUs) / 1000,
    clockUncertaintyMs: Math.round(uncertaintyUs) / 1000,
  };
}
