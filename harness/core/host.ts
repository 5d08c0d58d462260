import type { HostName, Inventory } from './inventory.ts';
import type { Environment } from './manifest.ts';
import type {
  Channel,
  Finished,
  HostLook,
  HostProcess,
  RunningProcess,
  RunOptions,
  StartOptions,
} from './process.ts';

export type { HostName };

/* The hosts: the machine that one is on, Tom and Jerry side by side, and the kinds of hosts. */

/** Why something cannot be used here, with the command that mends it. */
export interface Problem {
  readonly reason: string;
  readonly remedy?: string;
  /** Set where it can be used nevertheless, with less. */
  readonly bearable?: true;
}

/** One of the two hosts: starts processes there, pinned to its cores, and reads its files. */
export interface HostSide {
  readonly name: HostName;
  readonly address: string;
  readonly cores: readonly number[];
  /** Of the machine that it is on: programs, tools, files. Processes that it starts there are not pinned to cores. */
  readonly machine: Machine;
  /** The network device on the way to the other host. */
  readonly device: string;
  /** How far its clock is ahead of the harness's, in ms, where it has one of its own. */
  readonly clockOffsetMs?: number;
  /** What that may be wrong by, in ms. */
  readonly clockUncertaintyMs?: number;
  /** Now on the monotonic clock of this host, in microseconds, as its programs read it. */
  nowUs(): number;
  start(argv: readonly string[], options: StartOptions): Promise<RunningProcess>;
  /** Runs to the end. Never rejects for a failing command: look at the result. */
  run(argv: readonly string[], options?: RunOptions): Promise<Finished>;
  /** A process and all that descend from it, itself first; empty where it has ended. */
  processes(root: number): Promise<HostProcess[]>;
  /** Only where the host has a kernel of its own: one round trip. */
  look?(
    files: readonly string[],
    trees: readonly { readonly root: number; readonly most?: number }[],
  ): Promise<HostLook>;
  /** Reads files of this host's view of /proc and /sys; the result has the files' order. */
  readFiles(paths: readonly string[]): Promise<string[]>;
  /** Reads a file that a process on this host wrote, such as a counter page. */
  readBytes(path: string): Promise<Uint8Array>;
}

/** Tom and Jerry, joined by a network. */
export interface Testbed {
  readonly tom: HostSide;
  readonly jerry: HostSide;
  /** Further hosts that make the load together with `jerry`. */
  readonly otherJerries?: readonly HostSide[];
  /** Whether Tom and Jerry count in network namespaces of their own. */
  readonly separateNetworks: boolean;
  /** The port on which servers listen. */
  readonly port: number;
  /**
   * A fresh state for the next repeat: no TIME_WAIT, no counters, no queue of the last one. `settings` come on top of
   * those that the hosts were opened with, for this repeat alone.
   */
  renew(settings?: HostSettings): Promise<void>;
  describe(): Promise<
    Pick<Environment, 'hostNote' | 'sharedCores' | 'tom' | 'jerry' | 'otherJerries' | 'hosts'>
  >;
  /** Why a host cannot be reached any more, since when all that ran there has ended; null while all can. */
  lost?(): string | null;
  /** Reaches a lost host again. Rejects with the reason where it cannot within `limitMs`. */
  regain?(limitMs: number): Promise<void>;
  /** What was changed on the machine, one line each. */
  changes(): string[];
  close(): Promise<void>;
}

export interface HostKind {
  readonly summary: string;
  /** Why these hosts cannot be made here; null when they can. */
  check(machine: Machine): Promise<Problem | null>;
  /** Hosts on this machine. */
  open(machine: Machine, layout: CoreLayout, settings?: HostSettings): Promise<Testbed>;
  /** Set by a kind of hosts that are other machines, which are reached before anything is asked of them. */
  reach?(machine: Machine, inventory: Inventory, say: (line: string) => void): Promise<ReachedHosts>;
}

/** Other machines that can be worked on. */
export interface ReachedHosts {
  readonly tom: Machine;
  readonly jerry: Machine;
  /** Of the cores that the inventory allows each host, or else that it has, so many are used. */
  open(wanted: { tomCores: number; jerryCores: number }, settings?: HostSettings): Promise<Testbed>;
  /** Ends all that was started there. */
  close(): Promise<void>;
}

/** Kernel settings of each host's network, by name; hosts that can't set them say so in their note. */
export interface HostSettings {
  readonly tom: Readonly<Record<string, string | number>>;
  readonly jerry: Readonly<Record<string, string | number>>;
}

/** Which cores each host may use. Shared cores stand in both lists. */
export interface CoreLayout {
  readonly tom: readonly number[];
  readonly jerry: readonly number[];
  /** Of each further Jerry. Hosts that can have no more than one refuse them with a UserError. */
  readonly otherJerries?: readonly (readonly number[])[];
}

/** Effects on a machine, handed to plug-ins so that the engine stays free of them: that of the host where they work. */
export interface Machine {
  /** Marks everything that this run makes, such as the environment of its processes. */
  readonly sessionId: string;
  /** Whether what is started `asRoot` is. */
  readonly root: boolean;
  /** The machine that the harness runs on. */
  readonly isLocal: boolean;
  /** What keeps its processes from outliving it. */
  readonly containment: Environment['containment'];
  start(argv: readonly string[], options: StartOptions): Promise<RunningProcess>;
  run(argv: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Starts a process to talk with. Null where the machine is itself reached by such a one. */
  readonly talk: ((argv: readonly string[]) => Promise<Channel>) | null;
  readFile(path: string): Promise<string>;
  /** Writes a file, with the directories above it. */
  writeFile(path: string, text: string): Promise<void>;
  /** The hash of a file's content. */
  sha256(path: string): Promise<string>;
  /** The path of a program on PATH, or null. */
  which(program: string): Promise<string | null>;
  /** The path of one of our native programs. */
  program(name: string): string;
  /** Holds what of this clone the machine needs, by the same paths as here. */
  readonly cloneDir: string;
  /** Directory for short-lived files of this session, on tmpfs where there is one; removed at the end. */
  readonly scratchDir: string;
  /** Notes something that outlives a killed harness, so that its guard can undo it, or the next run. */
  remember(leftover: Leftover): Promise<void>;
  forget(leftover: Leftover): Promise<void>;
}

export type Leftover =
  | { readonly kind: 'file'; readonly path: string }
  /** What the harness is writing below a directory: it goes, what is whole stays. */
  | { readonly kind: 'unfinished'; readonly directory: string }
  | { readonly kind: 'sysctl'; readonly path: string; readonly before: string }
  | { readonly kind: 'cgroup'; readonly path: string };
