import { onTestFinished } from 'vitest';
import { processState } from './proc.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import { waitUntil } from './wait-until.ts';

/** A server that listens and accepts nothing: what fits its queue gets a handshake, the rest does not. */
export async function startStoppedServer(backlog: number): Promise<ServerProcess> {
  const server = await startServer({ program: 'blocking-serial', build: 'release' }, [
    '--backlog',
    String(backlog),
  ]);
  server.kill('SIGSTOP');
  onTestFinished(() => server.kill('SIGCONT'));
  // A connection that comes before it really stands would still be accepted.
  await waitUntil('the server stands', async () => (await processState(server.pid))?.state === 'T');
  return server;
}
