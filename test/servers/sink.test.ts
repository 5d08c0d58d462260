import { execa } from 'execa';
import { expect, it } from 'vitest';
import { exchange, RawClient, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import { describeServers, programPath, startServer } from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

describeServers(
  'as little server as can be',
  (server) => {
    it.each([
      ['at once', [simpleGet]],
      ['with a field', ['GET /page HTTP/1.1\r\nHost: tom\r\n\r\n']],
      ['in two pieces', ['GET / HT', 'TP/1.0\r\n\r\n']],
      ['cut within the last line', ['GET / HTTP/1.0\r\n\r', '\n']],
    ])('answers a request that comes %s, and closes in order', async (_, pieces) => {
      const { port, settled } = await startServer(server);
      const client = await RawClient.connect(port);
      // The first piece is what makes the kernel hand the connection over: nobody reads it before.
      for (const piece of pieces) await client.sendAndAwaitRead(piece);
      expect(await client.receive()).toEqual(simpleAnswer);
      expect(await settled()).toMatchObject({ accepted: 1, answered: 1, bytesSent: 66, errors: 0 });
    });

    it('refuses what is no request', async () => {
      const { port, settled } = await startServer(server);
      expect((await exchange(port, 'nonsense\r\n\r\n')).text).toMatch(/^HTTP\/1\.1 400 /);
      await waitUntil('it is counted', async () => (await settled()).errors === 1);
    });

    it('is held by nobody: silent clients, ones that leave, and ones that do not read', async () => {
      const { port, settled } = await startServer(server, ['--response-bytes', '30000000']);
      const silent = await RawClient.connect(port);
      const stuck = await RawClient.connect(port);
      await stuck.sendAndAwaitRead('GET /');
      const deaf = await RawClient.connect(port);
      deaf.stopReading();
      await deaf.sendAndAwaitRead(simpleGet);
      const left = await RawClient.connect(port);
      left.close();
      expect((await exchange(port, simpleGet)).text).toHaveLength(30_000_000);
      silent.reset();
      stuck.close();
      deaf.resumeReading();
      expect((await deaf.receive()).text).toHaveLength(30_000_000);
      expect(await settled()).toMatchObject({ answered: 2 });
    });

    it('answers a thousand at once', async () => {
      const { port, settled } = await startServer(server);
      const answers = await Promise.all(Array.from({ length: 1000 }, () => exchange(port, simpleGet)));
      expect(new Set(answers.map(({ text, end }) => `${end} ${text}`))).toEqual(
        new Set([`closed ${simpleAnswer.text}`]),
      );
      expect(await settled()).toMatchObject({ accepted: 1000, answered: 1000, errors: 0 });
    });

    it('says what it is not, and that its queue is long', async () => {
      const { stdout } = await execa(programPath('sink', server.build), ['--help']);
      expect(stdout).toContain('no general HTTP server');
      expect(stdout).toContain('=16384');
    });
  },
  ['sink'],
);
