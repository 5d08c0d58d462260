import { basename, join } from 'node:path';
import { UserError } from '../core/errors.ts';
import type {
  Finished,
  HostLook,
  HostProcess,
  HostSide,
  LookedAtProcess,
  Machine,
  RunOptions,
  StartOptions,
} from '../core/plugin.ts';
import type { HostAgent } from './host-agent.ts';
import { monotonicUs } from './monotonic.ts';
import type { SshHost } from './ssh-host.ts';

/** A machine that was reached by ssh, as plug-ins see it. */
export function sshMachine(host: SshHost, harness: Machine): Machine {
  const agentFor = (asRoot: true | undefined): HostAgent => {
    if (!asRoot) return host.agent();
    return host.rootAgent() ?? host.agent();
  };
  const start = (
    argv: readonly string[],
    options: StartOptions & { input?: string; cores?: readonly number[] },
  ) => agentFor(options.asRoot).start(argv, options);
  const run = (argv: readonly string[], options: RunOptions = {}): Promise<Finished> =>
    runToEnd(start, argv, options);
  return {
    sessionId: harness.sessionId,
    root: host.rootAgent() !== null,
    isLocal: false,
    containment: 'groups',
    scratchDir: host.agent().greeting.scratch,
    start,
    run,
    talk: null,
    readFile: async (path) => new TextDecoder().decode(await readBytes(host, path)),
    async writeFile(path, text) {
      await host.agent().ask('write', { path }, new TextEncoder().encode(text));
    },
    async sha256(path) {
      const own = join(host.programs.cloneDir, 'build', 'release', 'bin', basename(path));
      // Sent without what a debugger needs: the programs are those that are here.
      if (path === own && !host.programs.builtThere) return harness.sha256(harness.program(basename(path)));
      const { stdout, exitCode, stderr, startError } = await run(['sha256sum', '--', path]);
      if (exitCode !== 0) throw new Error(`${path}: ${startError ?? stderr.trim()}`);
      return stdout.replace(/^\\/, '').slice(0, 64);
    },
    async which(program) {
      const { exitCode, stdout } = await run(['sh', '-c', 'command -v -- "$1"', 'sh', program]);
      const path = stdout.trim();
      return exitCode === 0 && path.startsWith('/') ? path : null;
    },
    program: (name) => join(host.programs.cloneDir, 'build', 'release', 'bin', name),
    get cloneDir() {
      return host.programs.cloneDir;
    },
    remember: () => refuse(),
    forget: () => refuse(),
  };
}

/** What agents change they undo themselves. */
function refuse(): never {
  throw new UserError('this works on the machine of the harness alone', 'use --hosts netns');
}

async function runToEnd(
  start: Machine['start'],
  argv: readonly string[],
  { limitMs = 10_000, ...options }: RunOptions & { cores?: readonly number[] },
): Promise<Finished> {
  const running = await start(argv, { limitMs, ...options });
  return running.finished;
}

/** As root where we may be: nobody else may read everything in /proc. */
async function readBytes(host: SshHost, path: string): Promise<Uint8Array> {
  return (await (host.rootAgent() ?? host.agent()).ask('read', { path })).body;
}

/** A host by ssh as one side of a testbed. */
export function sshSide(host: SshHost, machine: Machine, cores: readonly number[], device: string): HostSide {
  const look = async (
    files: readonly string[],
    trees: readonly { readonly root: number; readonly most?: number }[],
  ): Promise<HostLook> => {
    const { head } = await (host.rootAgent() ?? host.agent()).ask('look', { files, trees });
    return {
      atUs: Number(head['monotonicUs']),
      files: head['files'] as HostLook['files'],
      trees: head['trees'] as readonly (readonly LookedAtProcess[] | null)[],
    };
  };
  const start = (argv: readonly string[], options: StartOptions & { input?: string }) =>
    machine.start(argv, { ...options, cores } as StartOptions);
  return {
    name: host.entry.role,
    address: host.loadAddress,
    cores,
    machine,
    device,
    get clockOffsetMs() {
      return host.agent().clocks().unixUs / 1000;
    },
    get clockUncertaintyMs() {
      return host.agent().clocks().uncertaintyUs / 1000;
    },
    nowUs: () => Math.round(monotonicUs() + host.agent().clocks().monotonicUs),
    start,
    run: (argv, options = {}) => runToEnd(start, argv, options),
    async processes(root): Promise<HostProcess[]> {
      return [...((await look([], [{ root }])).trees[0] ?? [])];
    },
    look,
    async readFiles(paths) {
      const { files } = await look(paths, []);
      return files.map((text, index) => {
        if (text === null) throw new Error(`${paths[index]!} cannot be read on ${host.entry.name}`);
        return text;
      });
    },
    readBytes: (path) => readBytes(host, path),
  };
}
