import { readFile } from 'node:fs/promises';
import { messageOf } from '../../core/errors.ts';
import { linkDevice, serverPort } from '../../core/link-devices.ts';
import type {
  HostKind,
  HostSettings,
  HostSide,
  Machine,
  RunningProcess,
  Testbed,
} from '../../core/plugin.ts';
import { chooseCongestionControl } from '../../effects/congestion-control.ts';
import { pinned } from '../../effects/cores.ts';
import { switchOf } from '../../effects/switch.ts';
import { monotonicUs } from '../../effects/monotonic.ts';
import { processesBelow } from '../../effects/pids.ts';
import {
  cpuMask,
  idAmongContained,
  inNetworkOf,
  inUserNamespaceOf,
  namespaceProblem,
  startHolder,
} from '../../effects/namespaces.ts';
import { readSysctls } from '../../effects/sysctls.ts';

/** Tom's; Jerry has the next one, and further Jerrys those after it. */
const addressOf = (host: number): string => `192.168.56.${host + 2}`;

/**
 * Stays in a new namespace, so that it lives, and so that its counters can be read through /proc/PID/net without
 * starting a process for each look.
 *
 * By default a packet sent over veth is processed, receive side and all, on the core that sent it: the load's core
 * would do half of the server's TCP work. A mask for RPS moves the receive work to the host's own cores, as a network
 * card would. A device takes it from rps_default_mask when it is made; the script says whether there is such a thing, and
 * whether the congestion control was refused. A container may have a /proc/sys that nobody can write.
 */
const holderScript = `
control=/proc/sys/net/ipv4/tcp_congestion_control
refused=
read -r current < $control
if [ -n "$2" ] && [ "$current" != "$2" ]; then
  { echo "$2" > $control; } 2> /dev/null || refused=control-refused
fi
if [ -n "$1" ] && { echo "$1" > /proc/sys/net/core/rps_default_mask; } 2> /dev/null; then
  echo moved $refused
else
  echo ready $refused
fi
exec sleep infinity
`;

const noSettings: HostSettings = { tom: {}, jerry: {} };

/** Takes names and values by turns; prints the names of those that were refused. */
const settingsScript = `
while [ $# -gt 1 ]; do
  { echo "$2" > "/proc/sys/$(echo "$1" | tr . /)"; } 2> /dev/null || echo "$1"
  shift 2
done
`;

/** What older kernels have instead, for root alone. Only a /sys that was mounted in the namespace shows its device. */
const receiveScript = `
mount -t sysfs sysfs /sys || exit 1
for queue in /sys/class/net/eth0/queues/rx-*; do echo "$1" > "$queue/rps_cpus" || exit 1; done
`;

/** Tom and Jerry as two network namespaces joined by a veth pair; an ordinary user has both in a user namespace. */
const netns: HostKind = {
  summary: 'two network namespaces joined by a veth pair, each pinned to its cores',

  async check(machine) {
    const programs = [
      ['ip', 'iproute2'],
      ['unshare', 'util-linux'],
      ['nsenter', 'util-linux'],
    ] as const;
    for (const [program, debianPackage] of programs) {
      if ((await machine.which(program)) !== null) continue;
      return { reason: `the command ${program} is missing`, remedy: `apt-get install ${debianPackage}` };
    }
    try {
      const testbed = await netns.open(machine, { tom: [], jerry: [] });
      await testbed.close();
      return null;
    } catch (error) {
      return namespaceProblem(machine, messageOf(error));
    }
  },

  async open(machine, layout, settings = noSettings): Promise<Testbed> {
    const control = await chooseCongestionControl(machine);
    const user = await enterUserNamespace(machine);
    const tom = namespace(machine, user.start, 'tom', layout.tom, control.chosen, settings.tom, 0);
    const jerries = [layout.jerry, ...(layout.otherJerries ?? [])].map((cores, at) =>
      namespace(machine, user.start, 'jerry', cores, control.chosen, settings.jerry, at),
    );
    const [jerry, ...otherJerries] = jerries as [(typeof jerries)[number], ...typeof jerries];
    const pair = [tom, ...jerries];
    const bridge = otherJerries.length === 0 ? null : switchOf(machine, user.start);
    const remove = async (): Promise<void> => {
      await Promise.all([...pair.map((host) => host.remove()), bridge?.remove()]);
    };
    const make = async (extra: HostSettings = noSettings): Promise<void> => {
      await Promise.all([tom.make(extra.tom), ...jerries.map((host) => host.make(extra.jerry))]);
      if (bridge === null) await tom.ip(`link add eth0 type veth peer name eth0 netns ${jerry.id()}`);
      else await bridge.join(pair.map((host) => host.id()));
      await Promise.all(pair.map((host) => host.connect()));
    };
    const close = async (): Promise<void> => {
      await remove();
      await user.leave();
      await control.undo();
    };
    try {
      await make();
    } catch (error) {
      await close();
      throw error;
    }
    return {
      tom: tom.side,
      jerry: jerry.side,
      ...(otherJerries.length === 0 ? {} : { otherJerries: otherJerries.map(({ side }) => side) }),
      separateNetworks: true,
      port: serverPort,
      async renew(extra) {
        await remove();
        await make(extra);
      },
      async describe() {
        const notes = [control.note, ...pair.flatMap((host) => host.notes())].filter((note) => note !== null);
        return {
          hostNote: notes.length === 0 ? null : notes.join(' '),
          sharedCores: layout.tom.filter((core) =>
            pair.some(({ side }) => side.name === 'jerry' && side.cores.includes(core)),
          ),
          tom: await tom.describe(),
          jerry: await jerry.describe(),
          ...(otherJerries.length === 0
            ? {}
            : { otherJerries: await Promise.all(otherJerries.map((host) => host.describe())) }),
        };
      },
      changes: () => [
        `network namespaces for Tom and ${bridge === null ? 'Jerry with a veth pair' : `${jerries.length} Jerrys, joined by a bridge`}${user.exists ? ', in a user namespace' : ''}, made afresh for each repeat`,
        ...(pair.some((host) => host.receiveMoved())
          ? ["inside them: receive processing (RPS) on the host's own cores"]
          : []),
        ...pair.flatMap((host) => host.settings()),
        ...(control.chosen === '' || pair.some((host) => host.controlRefused())
          ? []
          : [`inside them: congestion control ${control.chosen}`]),
        ...control.changes,
      ],
      close,
    };
  },
};

/** Where network namespaces can be made: for root here, for an ordinary user in a user namespace. */
async function enterUserNamespace(machine: Machine) {
  if (machine.root) return { exists: false, start: machine.start, leave: async () => undefined };
  const { holder } = await startHolder(machine.start, [
    ...['unshare', '--user', '--map-root-user'],
    ...['sh', '-c', 'echo ready; exec sleep infinity'],
  ]);
  const start: Machine['start'] = (argv, options) => machine.start(inUserNamespaceOf(holder, argv), options);
  return { exists: true, start, leave: () => holder.stop({ signal: 'SIGKILL' }) };
}

function namespace(
  machine: Machine,
  /** Starts processes where namespaces may be made. */
  start: Machine['start'],
  name: HostSide['name'],
  cores: readonly number[],
  control: string,
  sysctls: HostSettings['tom'],
  /** Counts Jerrys from 0. */
  at: number,
) {
  const title = name === 'tom' ? 'Tom' : at === 0 ? 'Jerry' : `Jerry ${at + 1}`;
  const address = addressOf(name === 'tom' ? 0 : at + 1);
  const refused = new Map<string, string | number>();
  const mask = cores.length === 0 ? '' : cpuMask(cores);
  let holder: RunningProcess | undefined;
  let receiveMoved: boolean | undefined;

  const inside = (argv: readonly string[]): string[] => {
    if (!holder) throw new Error(`${name} has no namespace`);
    return inNetworkOf(holder, machine.root, argv);
  };
  const side: HostSide = {
    name,
    address,
    cores,
    machine,
    device: linkDevice,
    nowUs: monotonicUs,
    processes: async (root) => processesBelow(root),
    start: (argv, options) => machine.start(inside(pinned(cores, argv)), options),
    run: (argv, options) => machine.run(inside(pinned(cores, argv)), options),
    readFiles: (paths) =>
      Promise.all(
        paths.map(async (path) => {
          if (path.startsWith('/proc/net/') && holder) {
            return readFile(path.replace('/proc/net/', `/proc/${holder.pid}/net/`), 'utf8');
          }
          // /proc/sys/net shows the namespace of whoever opens it.
          if (!path.startsWith('/proc/sys/net/')) return readFile(path, 'utf8');
          const result = await machine.run(inside(['cat', path]));
          if (result.exitCode !== 0) throw new Error(`${path}: ${result.stderr.trim()}`);
          return result.stdout;
        }),
      ),
    readBytes: (path) => readFile(path),
  };
  const ip = async (batch: string): Promise<void> => {
    const result = await machine.run(inside(['ip', '-batch', '-']), { input: `${batch}\n` });
    if (result.exitCode === 0) return;
    const said = (result.startError ?? result.stderr).trim() || `exit code ${String(result.exitCode)}`;
    throw new Error(`ip: ${said}`);
  };
  /** Whether it worked. */
  const moveReceiving = async (): Promise<boolean> => {
    if (mask === '' || !machine.root) return false;
    const script = ['unshare', '--mount', 'sh', '-c', receiveScript, 'sh', mask];
    return (await machine.run(inside(script))).exitCode === 0;
  };
  let movedByDefault = false;
  let controlRefused = false;

  return {
    side,
    ip,
    id: () => idAmongContained(holder!),
    receiveMoved: () => receiveMoved === true,
    controlRefused: () => controlRefused,
    async make(extra: HostSettings['tom']) {
      const script = ['sh', '-c', holderScript, 'sh', mask, control];
      const started = await startHolder(start, ['unshare', '--net', ...script]);
      holder = started.holder;
      const said = started.line.split(' ');
      movedByDefault = said.includes('moved');
      controlRefused = said.includes('control-refused');
      const wanted = { ...sysctls, ...extra };
      const settings = Object.entries(wanted).flatMap(([setting, value]) => [setting, String(value)]);
      if (settings.length === 0) return;
      const { stdout } = await machine.run(inside(['sh', '-c', settingsScript, 'sh', ...settings]));
      for (const setting of stdout.split('\n').filter(Boolean)) refused.set(setting, wanted[setting]!);
    },
    /** Once its device is there. */
    async connect() {
      await ip(`link set lo up\naddr add ${address}/24 dev eth0\nlink set eth0 up`);
      const moved = movedByDefault || (await moveReceiving());
      if (moved !== (receiveMoved ??= moved)) {
        throw new Error(
          `${name}: received packets could ${moved ? 'suddenly' : 'no longer'} be moved to its cores`,
        );
      }
    },
    async remove() {
      await holder?.stop({ signal: 'SIGKILL' });
      holder = undefined;
    },
    notes: () => [
      ...(controlRefused ? [`${title}'s congestion control could not be set to ${control}.`] : []),
      ...(receiveMoved === true || cores.length === 0
        ? []
        : [
            `What ${title} receives is processed on the core that sent it: ${machine.root ? 'that could not be changed here' : 'this kernel lets only root change that'}.`,
          ]),
      ...[...refused].map(([setting, value]) => `${title}'s ${setting} could not be set to ${value}.`),
    ],
    settings: () =>
      Object.entries(sysctls)
        .filter(([setting]) => !refused.has(setting))
        .map(([setting, value]) => `inside ${title}'s: ${setting} = ${value}`),
    async describe() {
      const sysctls = await readSysctls(async (path) => (await side.readFiles([path]))[0]!);
      const receiveCores = receiveMoved === true ? [...cores] : null;
      return { address: side.address, cores: [...cores], receiveCores, sysctls };
    },
  };
}

export default netns;
