import { constants } from 'node:os';
import { FrameReader, type Frame, type Greeting } from '../core/agent-frames.ts';
import { clockOffset, type ClockExchange, type ClockOffset } from '../core/clock-offset.ts';
import { HostLostError, messageOf } from '../core/errors.ts';
import type { Channel, Finished, RunningProcess, StartOptions } from '../core/plugin.ts';
import { monotonicUs } from './monotonic.ts';
import { RemoteProcess } from './remote-process.ts';

/**
 * The agent hears from us so often, and ends after 4 s without a sign. We wait longer before we give it up: a machine that
 * is busy may be late, and nothing of ours can run there for long.
 */
const heartbeatMs = 1000;
const silenceMs = 8000;
/** Until the agent has greeted; it waits up to 10 s for the end of one before it. */
const greetingLimitMs = 60_000;
/** The clocks may drift apart by some 50 ppm: offsets of the last half minute are looked at. */
const exchangesKept = 30;

const unixUs = (): number => (performance.timeOrigin + performance.now()) * 1000;

type Answer = (frame: Frame | HostLostError) => void;

/** The agent at work on another host (hosts/host-agent.cc). When it is lost, so is all that it has started. */
export interface HostAgent {
  readonly greeting: Greeting;
  /** Why it is lost; null while it works. */
  lost(): string | null;
  start(
    argv: readonly string[],
    options: StartOptions & { input?: string; cores?: readonly number[] },
  ): Promise<RunningProcess>;
  /** Rejects with what the agent could not do, or with HostLostError. */
  ask(op: string, fields?: Record<string, unknown>, body?: Uint8Array): Promise<Frame>;
  clocks(): ClockOffset;
  /** Ends it, and all that it has started. */
  end(): Promise<void>;
}

/**
 * Talks with an agent that was just started; `host` is named where it is lost. Rejects with HostLostError where it
 * never greets.
 */
export async function talkWithAgent(host: string, channel: Channel): Promise<HostAgent> {
  const reader = new FrameReader();
  const answers = new Map<number, Answer>();
  const processes = new Map<number, RemoteProcess>();
  let exchanges: ClockExchange[] = [];
  let lastId = 0;
  let lost: string | null = null;
  let ending = false;
  let heardAt = performance.now();
  let tickedAt = performance.now();
  let greet: () => void = () => undefined;
  const greeted = new Promise<void>((resolve) => (greet = resolve));

  const lose = (reason: string): void => {
    if (lost !== null) return;
    lost = `${host} cannot be reached: ${reason}`;
    clearInterval(heartbeat);
    const error = new HostLostError(lost);
    for (const answer of answers.values()) answer(error);
    for (const process of processes.values()) process.lost(lost);
    answers.clear();
    processes.clear();
    void channel.end();
  };
  const send = (head: Record<string, unknown>, body: Uint8Array = new Uint8Array()): number => {
    const id = ++lastId;
    const line = JSON.stringify({ id, ...head, ...(body.length > 0 ? { bytes: body.length } : {}) });
    if (lost === null) channel.write(Buffer.concat([Buffer.from(`${line}\n`), body]));
    return id;
  };
  const ask: HostAgent['ask'] = (op, fields = {}, body) =>
    new Promise((resolve, reject) => {
      if (lost !== null) return reject(new HostLostError(lost));
      const id = send({ op, ...fields }, body);
      answers.set(id, (frame) => {
        if (frame instanceof Error) reject(frame);
        else if (frame.head.event === 'notDone') reject(new Error(frame.head.error ?? `${op} failed`));
        else resolve(frame);
      });
    });
  const exchangeClocks = async (): Promise<void> => {
    const [sentUs, sentUnixUs] = [monotonicUs(), unixUs()];
    const { head } = await ask('clocks');
    const theirs = { theirMonotonicUs: Number(head['monotonicUs']), theirUnixUs: Number(head['unixUs']) };
    exchanges = [...exchanges, { sentUs, sentUnixUs, receivedUs: monotonicUs(), ...theirs }].slice(
      -exchangesKept,
    );
  };
  const beat = (): void => {
    const now = performance.now();
    // Whoever did not look cannot say that nothing came.
    const stoodStill = now - tickedAt > 2 * heartbeatMs;
    tickedAt = now;
    if (!stoodStill && now - heardAt > silenceMs)
      return lose(`it has said nothing for ${silenceMs / 1000} s`);
    exchangeClocks().catch(() => undefined);
  };
  let heartbeat: NodeJS.Timeout | undefined;

  const hear = ({ head, body }: Frame): void => {
    const id = head.id ?? 0;
    const answer = answers.get(id);
    answers.delete(id);
    if (answer) return answer({ head, body });
    processes.get(id)?.hear({ head, body });
    if (head.event === 'ended' || head.event === 'notStarted') processes.delete(id);
  };
  channel.onData((bytes) => {
    heardAt = performance.now();
    try {
      for (const frame of reader.add(bytes)) hear(frame);
    } catch (error) {
      lose(`its agent cannot be understood (${messageOf(error)})`);
    }
    if (reader.greeting) greet();
  });
  const limit = setTimeout(() => lose('its agent did not answer'), greetingLimitMs);
  void channel.finished.then((ended) => lose(ending ? 'the run has ended' : howItEnded(ended)));
  const gone = channel.finished.then((ended): never => {
    throw new HostLostError(lost ?? `${host} cannot be reached: ${howItEnded(ended)}`);
  });
  gone.catch(() => undefined);
  try {
    await Promise.race([greeted, gone]);
  } finally {
    clearTimeout(limit);
  }
  heartbeat = setInterval(beat, heartbeatMs);
  heardAt = tickedAt = performance.now();
  // Enough for one that was not held up.
  for (let exchange = 0; exchange < 10; exchange++) await exchangeClocks();

  return {
    greeting: reader.greeting!,
    lost: () => lost,
    ask,
    clocks: () => clockOffset(exchanges),
    async start(argv, { input = '', cores = [], ...options }) {
      const signal = (name: NodeJS.Signals, group: boolean): void =>
        void send({ op: 'signal', target: process.id, signal: constants.signals[name], group });
      const process = new RemoteProcess(argv, options, signal);
      if (lost !== null) process.lost(lost);
      else processes.set((process.id = send({ op: 'start', argv, cores }, Buffer.from(input))), process);
      return process.started;
    },
    async end() {
      ending = true;
      clearInterval(heartbeat);
      await channel.end();
    },
  };
}

function howItEnded({ stderr, startError, exitCode }: Finished): string {
  const said = startError ?? stderr.trim().split('\n').at(-1) ?? '';
  const known = /Timeout, server .* not responding|Connection .*(?:closed|reset)|Broken pipe/i.exec(
    said,
  )?.[0];
  return known ?? (said === '' ? `the connection ended (exit code ${String(exitCode)})` : said);
}
