import { RepeatError } from '../core/errors.ts';
import { parseListeners, type Listener } from '../core/listeners.ts';
import type { Finished, RunningProcess, Testbed } from '../core/plugin.ts';

/** A server on a Java virtual machine takes seconds to start. */
const readyLimitMs = 10_000;

/**
 * Resolves when the server has answered a request from Jerry. Rejects at once, with what the server said, when it
 * ends instead, and with the last refusal when it does not answer in time.
 */
export async function waitUntilReady(testbed: Testbed, server: RunningProcess, port: number): Promise<void> {
  const asking = await testbed.jerry.start(
    [
      testbed.jerry.machine.program('shortconn'),
      ...['--wait-ready-ms', String(readyLimitMs)],
      ...['--host', testbed.tom.address],
      ...['--port', String(port)],
    ],
    { limitMs: readyLimitMs + 2000 },
  );
  const answered = await Promise.race([asking.finished, server.finished.then(() => null)]);
  // A server that went into the background may have answered in the moment in which its parent ended.
  const ended = await Promise.race([server.finished, Promise.resolve(null)]);
  if (ended !== null) {
    await asking.stop();
    throw new RepeatError('server-start', `the server ended at its start: ${howItEnded(ended)}`);
  }
  if (answered === null || answered.exitCode === 0) return;
  const refusal = answered.stderr.trim();
  const said = lastWords(server.output());
  throw new RepeatError(
    'ready',
    `the server did not answer GET / within ${readyLimitMs} ms: ${refusal}` +
      `${await hint(testbed, port, refusal)}${said === '' ? '' : `; it said: ${said}`}`,
  );
}

/** What is wrong with the server, where that can be seen. */
async function hint(testbed: Testbed, port: number, refusal: string): Promise<string> {
  if (refusal.includes('did not end its response')) {
    return '; a server must close the connection after its response, as the request asks it to';
  }
  if (!refusal.includes('refused')) return '';
  const listeners = await listenersOf(testbed);
  const { address } = testbed.tom;
  const elsewhere = listeners.filter((listener) => listener.port === port);
  if (elsewhere.length > 0) {
    const places = elsewhere.map((listener) => listener.address).join(' and ');
    return `; it listens on ${places}, where Jerry cannot reach it: have it listen on {address} (here ${address}) or on 0.0.0.0`;
  }
  // On a shared network the other ports are other people's.
  if (!testbed.separateNetworks || listeners.length === 0) return `; nobody listens on port ${port}`;
  const ports = listeners.map((listener) => `${listener.address} port ${listener.port}`).join(', ');
  return `; it listens on ${ports} instead of port ${port}: give it {port}`;
}

async function listenersOf({ tom }: Testbed): Promise<Listener[]> {
  // Where IPv6 is switched off its table is missing.
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) =>
    tom.readFiles([path]).catch((): string[] => []),
  );
  return (await Promise.all(tables)).flat().flatMap(parseListeners);
}

/** How a process ended, in a few words for a failure's message. */
export function howItEnded(ended: Finished): string {
  if (ended.startError !== undefined) return ended.startError;
  const said = lastWords(ended);
  const how = ended.timedOut
    ? 'it ran into its time limit'
    : ended.signal !== null
      ? `it was ended by ${ended.signal}`
      : `exit code ${String(ended.exitCode)}`;
  const why = ended.exitCode === 0 ? '; a server must stay in the foreground' : '';
  return `${how}${said === '' ? '' : `: ${said}`}${why}`;
}

/**
 * The end of what a process printed, on standard error if it printed anything there. Indented lines and lone brackets
 * are left out: a stack trace would leave no room for the error that it belongs to.
 */
function lastWords({ stdout, stderr }: Pick<Finished, 'stdout' | 'stderr'>): string {
  const text = stderr.trim() === '' ? stdout : stderr;
  const lines = text.trim().slice(-4000).split('\n');
  return lines
    .filter((line) => /^\S.*\w/.test(line))
    .slice(-3)
    .join('; ')
    .slice(-500);
}
