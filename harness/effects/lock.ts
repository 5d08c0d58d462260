import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { UserError } from '../core/errors.ts';

/*
 * One run at a time on a machine, whoever starts it. The lock is an abstract unix socket: every user may bind one, in a
 * container too, it needs no directory that all may write, and the kernel removes it with its process, however that
 * ends. It says its process's id to whoever connects.
 */

export interface Lock {
  release(): Promise<void>;
}

/** The same for all users; another one where sessions are kept apart on purpose. */
export function lockName(sessionsDir: string | undefined): string {
  if (sessionsDir === undefined) return '\0forkbench';
  return `\0forkbench-${createHash('sha256').update(sessionsDir).digest('hex').slice(0, 32)}`;
}

/** Throws UserError while another process holds it. */
export async function takeLock(name: string): Promise<Lock> {
  const server = createServer((socket) => socket.on('error', ignore).end(String(process.pid)));
  server.listen(name);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const pid = await holderOf(name);
    throw new UserError(
      `another forkbench run${pid === '' ? '' : ` (process ${pid})`} is measuring on this machine; two at once would measure each other`,
      `wait for it${pid === '' ? '' : `, or end it with: kill ${pid}`}`,
    );
  }
  // It lasts as long as the run, and not the other way round.
  server.unref();
  return { release: () => closed(server) };
}

const ignore = (): void => undefined;

/** The process that holds it; empty where it does not say so within a second. */
async function holderOf(name: string): Promise<string> {
  const socket: Socket = connect(name).setEncoding('utf8').setTimeout(1000);
  socket.on('timeout', () => socket.destroy()).on('error', ignore);
  let said = '';
  socket.on('data', (text: string) => (said += text));
  await once(socket, 'close');
  return /^\d+$/.test(said) ? said : '';
}

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
