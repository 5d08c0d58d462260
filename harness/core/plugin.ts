import type { HostSide, Machine, Problem, Testbed } from './host.ts';
import type { Finished, RunningProcess } from './process.ts';
import type { RawTexts } from './raw-texts.ts';
import type { LoadResult, ProbeFields } from './record.ts';
import type { DisturbanceChoice, LoadChoice, VariantChoice } from './scenario.ts';

export type * from './host.ts';

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
 * is one of these, or a HostKind; its file name is its name.
 */

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
  /** When it is to start, in ms since 1970 by its host's clock. Undefined: at once. */
  readonly startAtMs?: number;
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
  /** It can be told when to start, and tells when it did, so that several hosts can make it together. */
  readonly startsTogether?: true;
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
  /** As soon as the load has been started, on each host that takes part in it. */
  loadStarted?(load: RunningProcess, side: HostSide): Promise<void>;
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
  /** As soon as the load has been started, on each host that takes part in it. */
  loadStarted?(load: RunningProcess, side: HostSide): Promise<void>;
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
