/** Kernel settings that change what a listen queue, a TIME_WAIT table or a short connection does. */
const recorded = [
  'net.core.somaxconn',
  'net.core.netdev_max_backlog',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_abort_on_overflow',
  'net.ipv4.tcp_congestion_control',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_max_syn_backlog',
  'net.ipv4.tcp_max_tw_buckets',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syn_retries',
  'net.ipv4.tcp_synack_retries',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_timestamps',
  'net.ipv4.tcp_tw_reuse',
  'net.ipv4.tcp_wmem',
] as const;

const pathOf = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;

/** Reads the recorded settings through `read`, which sees one host's /proc; those that are not there are left out. */
export async function readSysctls(read: (path: string) => Promise<string>): Promise<Record<string, string>> {
  const entries = await Promise.all(
    recorded.map(async (name) => {
      const value = await read(pathOf(name)).catch(() => null);
      return value === null ? [] : [[name, value.trim().replace(/\s+/g, ' ')] as const];
    }),
  );
  return Object.fromEntries(entries.flat());
}
