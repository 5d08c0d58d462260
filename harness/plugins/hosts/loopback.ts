import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { UserError } from '../../core/errors.ts';
import type { CoreLayout, HostKind, HostSettings, HostSide, Machine, Testbed } from '../../core/plugin.ts';
import { pinned } from '../../effects/cores.ts';
import { monotonicUs } from '../../effects/monotonic.ts';
import { processesBelow } from '../../effects/pids.ts';
import { readSysctls } from '../../effects/sysctls.ts';

/**
 * Tom and Jerry on 127.0.0.1, for machines where network namespaces cannot be made. They share one network stack:
 * its counters, TIME_WAIT table and ports, and the receive work of both runs on whichever core sends.
 */
const loopback: HostKind = {
  summary: 'both hosts on 127.0.0.1: works everywhere, separates little',

  check: async () => null,

  async open(machine: Machine, layout: CoreLayout, settings?: HostSettings): Promise<Testbed> {
    if ((layout.otherJerries ?? []).length > 0) {
      throw new UserError(
        'several Jerrys need network namespaces or machines of their own: on loopback they would be one',
        'use --hosts netns, or --jerries 1',
      );
    }
    const unset = Object.keys({ ...settings?.tom, ...settings?.jerry });
    const tom = side(machine, 'tom', layout.tom);
    const jerry = side(machine, 'jerry', layout.jerry);
    return {
      tom,
      jerry,
      separateNetworks: false,
      port: await freePort(),
      renew: async () => undefined,
      async describe() {
        const sysctls = await readSysctls((path) => readFile(path, 'utf8'));
        const host = (cores: readonly number[]) => ({
          address: '127.0.0.1',
          cores: [...cores],
          receiveCores: null,
          sysctls,
        });
        return {
          hostNote:
            'Tom and Jerry share the loopback device of one network stack: kernel counters, TIME_WAIT and ports are ' +
            'those of both and of everything else on this machine, and they carry over from repeat to repeat.' +
            (unset.length === 0 ? '' : ` The machine's own settings were left alone: ${unset.join(', ')}.`),
          sharedCores: layout.tom.filter((core) => layout.jerry.includes(core)),
          tom: host(layout.tom),
          jerry: host(layout.jerry),
        };
      },
      changes: () => [],
      close: async () => undefined,
    };
  },
};

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function side(machine: Machine, name: HostSide['name'], cores: readonly number[]): HostSide {
  return {
    name,
    address: '127.0.0.1',
    cores,
    machine,
    device: 'lo',
    nowUs: monotonicUs,
    processes: async (root) => processesBelow(root),
    start: (argv, options) => machine.start(pinned(cores, argv), options),
    run: (argv, options) => machine.run(pinned(cores, argv), options),
    readFiles: (paths) => Promise.all(paths.map((path) => readFile(path, 'utf8'))),
    readBytes: (path) => readFile(path),
  };
}

export default loopback;
