import { StringDecoder } from 'node:string_decoder';
import type { Frame } from '../core/agent-frames.ts';
import type { Finished, RunningProcess, StartOptions } from '../core/plugin.ts';
import { outputTaker, type Output } from './output.ts';

/** A process that an agent runs on another host, as far as it was told of it. */
export class RemoteProcess implements RunningProcess {
  /** That of the request by which it was started. */
  id = 0;
  pid = 0;
  readonly command: string;
  readonly finished: Promise<Finished>;
  /** Resolves with itself when it runs, or could not be started. */
  readonly started: Promise<this>;
  readonly #collected: Output = { stdout: '', stderr: '' };
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  readonly #takers: Readonly<Record<keyof Output, (text: string) => void>>;
  readonly #signal: (name: NodeJS.Signals, group: boolean) => void;
  readonly #limit: NodeJS.Timeout;
  #timedOut = false;
  #over = false;
  #announce!: () => void;
  #finish!: (finished: Finished) => void;

  constructor(
    argv: readonly string[],
    options: StartOptions,
    signal: (name: NodeJS.Signals, group: boolean) => void,
  ) {
    this.command = argv.join(' ');
    this.#takers = {
      stdout: outputTaker(this.#collected, 'stdout', options.onStdoutLine),
      stderr: outputTaker(this.#collected, 'stderr', options.onStderrLine),
    };
    this.#signal = signal;
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    this.started = new Promise((resolve) => (this.#announce = () => resolve(this)));
    this.#limit = setTimeout(() => {
      this.#timedOut = true;
      signal('SIGKILL', true);
    }, options.limitMs);
  }

  hear({ head, body }: Frame): void {
    const { event } = head;
    if (event === 'stdout' || event === 'stderr') {
      this.#takers[event](this.#decoders[event].write(Buffer.from(body)));
    }
    if (event === 'started') {
      this.pid = Number(head['pid']);
      this.#announce();
    }
    if (event === 'notStarted' || event === 'notDone')
      this.#end({ startError: head.error ?? 'could not be started' });
    if (event === 'ended') {
      this.#end({
        exitCode: head['exitCode'] === null ? null : Number(head['exitCode']),
        signal: typeof head['signal'] === 'string' ? head['signal'] : null,
      });
    }
  }

  lost(reason: string): void {
    this.#end({ startError: reason });
  }

  output(): Output {
    return { ...this.#collected };
  }

  async stop({
    graceMs = 2000,
    signal = 'SIGTERM',
  }: Parameters<RunningProcess['stop']>[0] = {}): Promise<Finished> {
    if (this.#over) return this.finished;
    this.#signal(signal, false);
    const grace = setTimeout(() => this.#signal('SIGKILL', true), graceMs);
    try {
      return await this.finished;
    } finally {
      clearTimeout(grace);
    }
  }

  #end(how: Partial<Finished>): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#limit);
    const { command } = this;
    const none = { exitCode: null, signal: null };
    this.#finish({ command, ...none, timedOut: this.#timedOut, ...this.#collected, ...how });
    this.#announce();
  }
}
