import type { DisturbanceChoice, LoadChoice, VariantChoice } from './scenario.ts';
import type { Inventory } from './inventory.ts';
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
import type { RawTexts } from './raw-texts.ts';
import type { LoadResult, ProbeFields } from './record.ts';

export type {
  Channel,
  Finished,
  HostLook,
  HostProcess,
  LookedAtProcess,
  RunningProcess,
  RunOptions,
  StartOptions,
} from './process.ts';

/*
 * The interfaces that plug-ins implement. A plug-in is one file below harness/plugins/<kind>/ whose default export
 * is one of these; its file name is its name.
 */

/** Why something cannot be used here, with the command that mends it. */
export interface Problem {
  readonly reason: string;
  readonly remedy?: string;
  /** Set where it can be used nevertheless, with less. */
  readonly bearable?: true;
}

export type HostName = 'tom' | 'jerry';

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
  /** Further hosts that load together with `jerry`. */
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

/** What a server of one repeat has to know. */
export interface ServerPlace {
  readonly machine: Machine;
  readonly address: string;
  readonly port: number;
  readonly counterFile: string;
  /** For files that the server needs; `prepare` makes it where there are any. */
  readonly directory: string;
}

/** A server program with its parameters. */
export interface Variant {
  readonly summary: string;
  check(machine: Machine, choice: VariantChoice): Promise<Problem | null>;
  /** Validates `params`; throws UserError. */
  command(choice: VariantChoice, place: ServerPlace): Promise<string[]>;
  /** Writes what the command reads, such as a configuration, before each start. */
  prepare?(choice: VariantChoice, place: ServerPlace): Promise<void>;
  /** Whether the program keeps a counter page in `counterFile`. */
  countsItself(choice: VariantChoice): boolean;
  /** Paths of the files that are measured, by the names under which the manifest keeps their hashes. */
  programs(choice: VariantChoice, machine: Machine): Promise<Record<string, string>>;
  /** Versions that belong into the manifest, where the program can tell its own. */
  versions?(machine: Machine): Promise<Record<string, string>>;
}

export interface LoadRequest {
  readonly address: string;
  readonly port: number;
  readonly concurrency: number;
  readonly warmupMs: number;
  /** At most so long; the warm-up ends sooner when the rate is steady. Undefined: it lasts `warmupMs`. */
  readonly warmupLimitMs?: number;
  readonly windowMs: number;
  readonly drainMs: number;
  readonly choice: LoadChoice;
}

/** A load generator. */
export interface Load {
  readonly summary: string;
  check(machine: Machine, choice: LoadChoice): Promise<Problem | null>;
  /** The load that stands in where `check` has a problem and nobody insisted on this one. */
  readonly fallback?: string;
  /** Programs whose version or hash belongs into the manifest. */
  versions(machine: Machine, choice: LoadChoice): Promise<Record<string, string>>;
  /** False for a tool that measures from its first request on: its repeats are planned without a warm-up. */
  readonly hasWarmup?: false;
  /** Time that it needs beside warm-up, window and drain, for the plan's estimate and the process's limit. */
  overheadMs(concurrency: number): number;
  /** It has the parameters of core/open-loop.ts: requests can start at a fixed rate. */
  readonly keepsRate?: true;
  /** Above so many connections it is not run: its cells are left out of the plan. */
  readonly mostConnections?: number;
  /** Shortest window that means anything for this tool. */
  readonly minimumWindowMs: number;
  /** Throws UserError for a parameter that it does not have. */
  command(request: LoadRequest, machine: Machine): string[];
  /**
   * Whether this line of output says that the measured window starts or ends. A load without this method can't
   * tell: its whole life counts as the window.
   */
  windowEvent?(line: string): 'start' | 'end' | null;
  /** The normalised result; throws an Error that says what was wrong with the output. */
  parse(finished: Finished, request: LoadRequest): LoadResult;
}

export interface ProbeContext {
  /** That of Tom. */
  readonly machine: Machine;
  readonly testbed: Testbed;
  readonly server: RunningProcess;
  readonly counterFile: string;
  readonly countsItself: boolean;
}

/** A probe at work on one repeat, from "the server is ready" to "the load has ended". */
export interface ProbeSession {
  /** As soon as the load has been started. */
  loadStarted?(load: RunningProcess): Promise<void>;
  windowStart?(): Promise<void>;
  windowEnd?(): Promise<void>;
  /** After the load has ended, while the server is still there: all that `parse` needs, kept even where that fails. */
  finish(): Promise<RawTexts>;
  /** Ends whatever it started; called in every case. */
  close?(): Promise<void>;
}

/** Where a disturbance does its work. */
export interface DisturbanceContext {
  /** That of the harness. */
  readonly machine: Machine;
  readonly testbed: Testbed;
  readonly server: RunningProcess;
}

/** At work on one repeat, from before its load until after it. */
export interface Disturbing {
  /** As soon as the load has been started. */
  loadStarted?(load: RunningProcess): Promise<void>;
  /** After the load has ended and the probes have read: what it counted, to be kept. Throws where it did not last. */
  finish?(): Promise<RawTexts>;
  stop(): Promise<void>;
}

/** Something that spoils a repeat on purpose, so that it can be seen whether that is recognised. */
export interface Disturbance {
  readonly summary: string;
  check(machine: Machine): Promise<Problem | null>;
  /** Throws UserError for parameters that it does not have. */
  start(context: DisturbanceContext, choice: DisturbanceChoice): Promise<Disturbing>;
}

/** Something that watches during a repeat. */
export interface Probe {
  readonly summary: string;
  /** Set where it can watch only as root on hosts that are other machines. */
  readonly needsRoot?: true;
  check(machine: Machine): Promise<Problem | null>;
  start(context: ProbeContext): Promise<ProbeSession>;
  /**
   * The fields of the record from the raw output of a repeat and from nothing else, so that it can be done again at any
   * time. Throws MissingTextError, or an Error that says what is wrong with a text.
   */
  parse(raw: RawTexts): ProbeFields;
}
