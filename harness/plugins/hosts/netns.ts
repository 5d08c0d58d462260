import { readFile, writeFile } from 'node:fs/promises';
import type { HostKind, HostSide, Leftover, Machine, RunningProcess, Testbed } from '../../core/plugin.ts';
import { cpuList } from '../../effects/cores.ts';
import { readSysctls } from '../../effects/sysctls.ts';

const addresses = { tom: '192.168.56.2', jerry: '192.168.56.3' } as const;
/** The seed experiment's. */
const serverPort = 11111;
const congestionControl = 'cubic';

/**
 * What runs inside a namespace once it has its device: settles what differs from a plain host, then stays, so that
 * the namespace's counters can be read through /proc/PID/net without starting a process for each look.
 *
 * By default a packet sent over veth is processed, receive side and all, on the core that sent it: the load's core
 * would do half of the server's TCP work. rps_cpus moves the receive work to the host's own cores, as a network
 * card would.
 */
const holderScript = `
ip link set lo up && ip addr add "$1/24" dev eth0 && ip link set eth0 up || exit 1
if [ -n "$3" ]; then
  echo "$3" > /proc/sys/net/ipv4/tcp_congestion_control || { echo "congestion control $3 was refused" >&2; exit 1; }
fi
for queue in /sys/class/net/eth0/queues/rx-*; do echo "$2" > "$queue/rps_cpus" || exit 1; done
echo ready
exec sleep infinity
`;

interface Namespace {
  readonly side: HostSide;
  make(): Promise<void>;
  hold(): Promise<void>;
  remove(): Promise<void>;
}

/** Tom and Jerry as two network namespaces joined by a veth pair. Needs root. */
const netns: HostKind = {
  summary: 'two network namespaces joined by a veth pair, each pinned to its cores',

  async check(machine) {
    if (!machine.root) {
      return { reason: 'network namespaces need root', remedy: 'run as root' };
    }
    if ((await machine.which('ip')) === null) {
      return { reason: 'the command ip is missing', remedy: 'apt-get install iproute2' };
    }
    const name = `fb-${machine.sessionId}-try`;
    const leftover: Leftover = { kind: 'namespace', name };
    await machine.remember(leftover);
    const made = await ip(
      machine,
      `netns add ${name}\nlink add eth0 netns ${name} type veth peer name eth1 netns ${name}\n`,
    );
    await ip(machine, `netns delete ${name}\n`);
    await machine.forget(leftover);
    if (made === null) return null;
    return {
      reason: `network namespaces cannot be made here (${made})`,
      remedy: 'run where CAP_NET_ADMIN and CAP_SYS_ADMIN are allowed, or use --hosts loopback',
    };
  },

  async open(machine, layout): Promise<Testbed> {
    const allowed = await allowCongestionControl(machine);
    const control = allowed.usable ? congestionControl : '';
    const tom = namespace(machine, 'tom', layout.tom, control);
    const jerry = namespace(machine, 'jerry', layout.jerry, control);
    const pair = [tom, jerry];
    const remove = async (): Promise<void> => {
      for (const host of pair) await host.remove();
    };
    const make = async (): Promise<void> => {
      for (const host of pair) await host.make();
      const veth = `link add eth0 netns ${nameOf(machine, 'tom')} type veth peer name eth0 netns ${nameOf(machine, 'jerry')}\n`;
      const problem = await ip(machine, veth);
      if (problem !== null) throw new Error(`the veth pair could not be made: ${problem}`);
      await Promise.all(pair.map((host) => host.hold()));
    };
    await make();
    return {
      tom: tom.side,
      jerry: jerry.side,
      separateNetworks: true,
      port: serverPort,
      async renew() {
        await remove();
        await make();
      },
      async describe() {
        return {
          hostNote: null,
          sharedCores: layout.tom.filter((core) => layout.jerry.includes(core)),
          tom: await describeSide(tom.side),
          jerry: await describeSide(jerry.side),
        };
      },
      changes: () => [
        `network namespaces ${pair.map((host) => nameOf(machine, host.side.name)).join(' and ')} with a veth pair, made afresh for each repeat`,
        "inside them: receive processing (RPS) on the host's own cores" +
          (allowed.usable ? `; congestion control ${congestionControl}` : ''),
        ...allowed.changes,
      ],
      async close() {
        await remove();
        await allowed.undo();
      },
    };
  },
};

const allowedPath = '/proc/sys/net/ipv4/tcp_allowed_congestion_control';

/**
 * A namespace inherits the machine's congestion control, which may be one that few machines have, and may choose
 * another only if the machine allows that one to everybody: where it does not, it is added for the length of the run.
 */
async function allowCongestionControl(machine: Machine) {
  const words = async (path: string): Promise<string[]> => (await machine.readFile(path)).trim().split(/\s+/);
  const nothing = { changes: [] as string[], undo: async () => undefined };
  const available = await words('/proc/sys/net/ipv4/tcp_available_congestion_control').catch(
    (): string[] => [],
  );
  if (!available.includes(congestionControl)) return { usable: false, ...nothing };
  const before = await words(allowedPath);
  if (before.includes(congestionControl)) return { usable: true, ...nothing };
  const leftover: Leftover = { kind: 'sysctl', path: allowedPath, before: before.join(' ') };
  await machine.remember(leftover);
  await writeFile(allowedPath, [...before, congestionControl].join(' '));
  return {
    usable: true,
    changes: [`net.ipv4.tcp_allowed_congestion_control: ${congestionControl} added to "${before.join(' ')}"`],
    async undo() {
      await writeFile(allowedPath, leftover.before);
      await machine.forget(leftover);
    },
  };
}

async function describeSide(side: HostSide) {
  const sysctls = await readSysctls(async (path) => (await side.readFiles([path]))[0]!);
  return { address: side.address, cores: [...side.cores], receiveCores: [...side.cores], sysctls };
}

const nameOf = (machine: Machine, host: HostSide['name']): string => `fb-${machine.sessionId}-${host}`;

function namespace(
  machine: Machine,
  host: HostSide['name'],
  cores: readonly number[],
  /** Empty: as inherited. */
  control: string,
): Namespace {
  const name = nameOf(machine, host);
  const leftover: Leftover = { kind: 'namespace', name };
  const enter = ['ip', 'netns', 'exec', name];
  const pinned = [...enter, 'taskset', '-c', cpuList(cores)];
  let holder: RunningProcess | undefined;
  let exists = false;

  const side: HostSide = {
    name: host,
    address: addresses[host],
    cores,
    start: (argv, options) => machine.start([...pinned, ...argv], options),
    run: (argv, options) => machine.run([...pinned, ...argv], options),
    readFiles: (paths) =>
      Promise.all(
        paths.map(async (path) => {
          if (path.startsWith('/proc/net/') && holder) {
            return readFile(path.replace('/proc/net/', `/proc/${holder.pid}/net/`), 'utf8');
          }
          // /proc/sys/net shows the namespace of whoever opens it.
          if (!path.startsWith('/proc/sys/net/')) return readFile(path, 'utf8');
          const result = await machine.run([...enter, 'cat', path]);
          if (result.exitCode !== 0) throw new Error(`${path}: ${result.stderr.trim()}`);
          return result.stdout;
        }),
      ),
    readBytes: (path) => readFile(path),
  };

  return {
    side,
    async make() {
      await machine.remember(leftover);
      exists = true;
      const problem = await ip(machine, `netns add ${name}\n`);
      if (problem !== null) throw new Error(`namespace ${name} could not be made: ${problem}`);
    },
    async hold() {
      const mask = cores.reduce((bits, core) => bits | (1n << BigInt(core)), 0n);
      // A CPU mask is written in groups of 32 bits.
      const groups = mask
        .toString(16)
        .padStart(Math.ceil(mask.toString(16).length / 8) * 8, '0')
        .match(/.{8}/g)!;
      let announce = (): void => undefined;
      const ready = new Promise<void>((resolve) => (announce = resolve));
      holder = await machine.start(
        [...enter, 'sh', '-c', holderScript, 'sh', addresses[host], groups.join(','), control],
        { limitMs: 24 * 3600 * 1000, onStdoutLine: () => announce() },
      );
      const gone = holder.finished.then((ended) => {
        throw new Error(`namespace ${name} could not be set up: ${ended.startError ?? ended.stderr.trim()}`);
      });
      await Promise.race([ready, gone]);
    },
    async remove() {
      if (!exists) return;
      await holder?.stop({ signal: 'SIGKILL' });
      holder = undefined;
      const problem = await ip(machine, `netns delete ${name}\n`);
      if (problem !== null && !problem.includes('No such file')) {
        throw new Error(`namespace ${name} could not be removed: ${problem}`);
      }
      exists = false;
      await machine.forget(leftover);
    },
  };
}

/** Runs a batch of ip(8) commands; null when all went well, else what ip said. */
async function ip(machine: Machine, batch: string): Promise<string | null> {
  const result = await machine.run(['ip', '-batch', '-'], { input: batch });
  if (result.exitCode === 0) return null;
  return (result.startError ?? result.stderr).trim().replaceAll('\n', '; ') || `exit code ${result.exitCode}`;
}

export default netns;
