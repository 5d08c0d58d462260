/*
 * Processes, here or on another host, as whoever starts them sees them.
 */

/** How a process ended. Exactly one of `exitCode` and `signal` is set, unless it could not be started at all. */
export interface Finished {
  readonly command: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Set when the program could not be started. */
  readonly startError?: string;
}

/** A process that was started, with a process group of its own and a time limit. */
export interface RunningProcess {
  readonly pid: number;
  readonly command: string;
  /** Resolves when it has ended, however it ended; never rejects. */
  readonly finished: Promise<Finished>;
  /** Everything that it has written so far. */
  output(): { stdout: string; stderr: string };
  /** SIGTERM (or `signal`) to the process alone, SIGKILL to its group after `graceMs`; resolves when it is gone. */
  stop(options?: { graceMs?: number; signal?: NodeJS.Signals }): Promise<Finished>;
}

export interface StartOptions {
  /** The group is killed after this time. */
  readonly limitMs: number;
  readonly onStdoutLine?: (line: string) => void;
  readonly onStderrLine?: (line: string) => void;
  /** Through sudo on a host that is reached by ssh as somebody else; elsewhere it changes nothing. */
  readonly asRoot?: true;
}

/** How a process is run to its end. */
export interface RunOptions {
  readonly limitMs?: number;
  readonly input?: string;
  readonly asRoot?: true;
}

/** A process whose standard input and output are a connection. Its output is not kept. */
export interface Channel {
  write(bytes: Uint8Array): void;
  onData(listener: (bytes: Uint8Array) => void): void;
  /** With what it wrote to standard error; `stdout` is empty. */
  readonly finished: Promise<Finished>;
  /** SIGKILL to its group. */
  end(): Promise<Finished>;
}

/** A process as its host sees it. */
export interface HostProcess {
  readonly pid: number;
  /** The id by which it knows itself: another one in a PID namespace of its own. */
  readonly innerPid: number;
  /** Of its threads. */
  readonly innerTasks: readonly number[];
  /** All of them. */
  readonly isTraced: boolean;
}

/** What a host says of files and of trees of processes, all at one moment. */
export interface HostLook {
  /** On the host's own monotonic clock. */
  readonly atUs: number;
  /** Null for each that cannot be read. */
  readonly files: readonly (string | null)[];
  /** Of each tree its processes from the top down; null where there are more than were asked for. */
  readonly trees: readonly (readonly LookedAtProcess[] | null)[];
}

export interface LookedAtProcess extends HostProcess {
  /** /proc/PID/stat, and what all its threads have in schedstat and of switches in status. */
  readonly stat: string;
  readonly schedstat: string;
  readonly switches: string;
}
