import net from 'node:net';
import { expect, it } from 'vitest';
import { simpleAnswer, simpleGet } from '../support/raw-client.ts';
import { describeServers, epollServers, startServer } from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

const connections = 3000;

/** One short connection; what came back, or the error's code. */
function shortConnection(port: number): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('connect', () => socket.write(simpleGet));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('end', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

const tally = (outcomes: string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
};

describeServers(`${connections} connections at once`, (server) => {
  it('answers every one of them', async () => {
    const { port, settled } = await startServer(server, ['--backlog', '4096']);
    const outcomes = await Promise.all(Array.from({ length: connections }, () => shortConnection(port)));
    expect(tally(outcomes)).toEqual({ [simpleAnswer.text]: connections });
    await waitUntil('all are counted', async () => (await settled()).accepted >= connections);
    expect(await settled()).toMatchObject({ accepted: connections, answered: connections, errors: 0 });
  });
});

describeServers(
  `${connections} idle connections`,
  (server) => {
    it('keeps them open, serves others, and closes them with their clients', async () => {
      const { port, totals, settled } = await startServer(server, ['--backlog', '4096', '--workers', '2']);
      const idle = await Promise.all(
        Array.from(
          { length: connections },
          () =>
            new Promise<net.Socket>((resolve, reject) => {
              const socket = net.connect({ host: '127.0.0.1', port }, () => resolve(socket));
              socket.once('error', reject);
            }),
        ),
      );
      await waitUntil('all are accepted', async () => (await totals()).accepted === connections);
      for (let round = 0; round < 20; round++) expect(await shortConnection(port)).toBe(simpleAnswer.text);
      expect(await totals()).toMatchObject({ accepted: connections + 20, errors: 0 });
      for (const socket of idle) socket.destroy();
      expect(await settled()).toMatchObject({ answered: 20, errors: connections });
    });
  },
  epollServers,
);
