import { setTimeout as sleep } from 'node:timers/promises';
import { lookup } from 'node:dns/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../core/errors.ts';
import type { HostEntry } from '../core/inventory.ts';
import type { Machine } from '../core/plugin.ts';
import { talkWithAgent, type HostAgent } from './host-agent.ts';
import { connectBySsh, type SshConnection } from './ssh-connection.ts';
import { placePrograms, type PlacedPrograms } from './ssh-programs.ts';

/** A host that was reached by ssh, with its agents at work. It may be lost and reached again. */
export interface SshHost {
  readonly entry: HostEntry;
  readonly programs: PlacedPrograms;
  /** Where the load reaches it. */
  readonly loadAddress: string;
  readonly agent: () => HostAgent;
  /** The one with the rights of root; null where there are none to have. */
  readonly rootAgent: () => HostAgent | null;
  lost(): string | null;
  /** Rejects with UserError where it cannot be reached within `limitMs`. */
  regain(limitMs: number): Promise<void>;
  close(): Promise<void>;
}

interface Reached {
  readonly connection: SshConnection;
  readonly programs: PlacedPrograms;
  readonly agent: HostAgent;
  readonly rootAgent: HostAgent | null;
}

const betweenTriesMs = 500;

/** Throws UserError where the host cannot be reached or worked on. */
export async function reachHost(
  machine: Machine,
  entry: HostEntry,
  say: (line: string) => void,
): Promise<SshHost> {
  const reach = (): Promise<Reached> => reachOnce(machine, entry, say);
  let reached = await reach();
  const loadAddress = entry.loadAddress ?? (await addressOf(entry, reached.connection.hostName));
  const close = async ({ agent, rootAgent, connection }: Reached): Promise<void> => {
    await Promise.all([rootAgent?.end(), agent.end()]);
    await connection.close();
  };
  const lost = (): string | null => reached.agent.lost() ?? reached.rootAgent?.lost() ?? null;
  return {
    entry,
    get programs() {
      return reached.programs;
    },
    loadAddress,
    agent: () => reached.agent,
    rootAgent: () => reached.rootAgent,
    lost,
    async regain(limitMs) {
      if (lost() === null) return;
      await close(reached);
      const deadline = performance.now() + limitMs;
      for (;;) {
        try {
          reached = await reach();
          return;
        } catch (error) {
          if (performance.now() > deadline) throw error;
          await sleep(betweenTriesMs);
        }
      }
    },
    close: () => close(reached),
  };
}

async function reachOnce(machine: Machine, entry: HostEntry, say: (line: string) => void): Promise<Reached> {
  const connection = await connectBySsh(machine, entry);
  try {
    const programs = await placePrograms(machine, entry, connection, say);
    const program = join(programs.cloneDir, 'build', 'release', 'bin', 'host-agent');
    const begin = async (before: readonly string[], part: string): Promise<HostAgent> => {
      // Of this role alone: Tom and Jerry may be one machine.
      const own = `${entry.role}-${entry.name}${part}`;
      const flags = ['--session', machine.sessionId, '--lock', own];
      const scratch = ['--scratch', `forkbench-${machine.sessionId}-${own}`];
      return talkWithAgent(entry.name, await connection.talk([...before, program, ...flags, ...scratch]));
    };
    const agent = await begin([], '');
    const rootAgent = agent.greeting.root
      ? agent
      : (await connection.run(['sudo', '-n', 'true'])).exitCode === 0
        ? await begin(['sudo', '-n'], '-root')
        : null;
    return { connection, programs, agent, rootAgent };
  } catch (error) {
    await connection.close();
    throw error instanceof UserError
      ? error
      : new UserError(messageOf(error), `try by hand: ssh ${entry.name}`);
  }
}

/** What a server can bind to: its name may be known here alone. */
async function addressOf(entry: HostEntry, hostName: string): Promise<string> {
  try {
    return (await lookup(hostName)).address;
  } catch {
    throw new UserError(
      `${entry.name}: ${hostName} is a name that only ssh knows`,
      'say in the inventory where the load reaches it: load_address',
    );
  }
}
