import { describe, expect, it } from 'vitest';
import type { Finished, RunningProcess, Testbed } from '../../../harness/core/plugin.ts';
import { waitUntilReady } from '../../../harness/engine/readiness.ts';

const ended = (more: Partial<Finished>): Finished => ({
  command: '',
  exitCode: 0,
  signal: null,
  timedOut: false,
  stdout: '',
  stderr: '',
  ...more,
});

const running = (finished: Promise<Finished>, output = { stdout: '', stderr: '' }): RunningProcess => ({
  pid: 1,
  command: '',
  finished,
  output: () => output,
  stop: () => finished,
});

const forever = new Promise<never>(() => undefined);
const listening = (address: string, port: string): string =>
  `   0: ${address}:${port} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1\n`;

/** What the wait for a server says that the client could not reach. */
async function failure(given: {
  refusal?: string;
  sockets?: string;
  separateNetworks?: boolean;
  server?: RunningProcess;
}): Promise<string> {
  const { refusal = 'Connection refused', sockets = '', separateNetworks = true } = given;
  const asking = running(Promise.resolve(ended({ exitCode: 1, stderr: refusal })));
  const testbed = {
    separateNetworks,
    jerry: { start: async () => asking, machine: { program: (name: string) => name } },
    tom: {
      address: '192.168.56.2',
      readFiles: async ([path]: string[]) =>
        path === '/proc/net/tcp' ? [sockets] : Promise.reject(new Error()),
    },
  } as unknown as Testbed;
  const server = given.server ?? running(forever);
  const error = await waitUntilReady(testbed, server, 11111).catch((reason: unknown) => reason);
  return (error as Error).message;
}

describe('a server that cannot be reached', () => {
  it('is told where it listens instead', async () => {
    expect(await failure({ sockets: listening('0100007F', '2B67') })).toMatch(
      /Connection refused; it listens on 127\.0\.0\.1, where Jerry cannot reach it: have it listen on \{address\}/,
    );
    expect(await failure({ sockets: listening('00000000', '1F90') })).toMatch(
      /it listens on 0\.0\.0\.0 port 8080 instead of port 11111: give it \{port\}$/,
    );
  });

  it('is not told about the ports of others', async () => {
    const sockets = listening('00000000', '1F90');
    expect(await failure({ sockets, separateNetworks: false })).toMatch(/nobody listens on port 11111$/);
    expect(await failure({})).toMatch(/nobody listens on port 11111$/);
  });

  it('is told nothing where another reason stands there', async () => {
    expect(await failure({ refusal: 'answered with status 404' })).toMatch(/answered with status 404$/);
  });

  it('is quoted briefly, from standard output if it uses no other', async () => {
    const stdout = `${'much\n'.repeat(100_000)}no such table\n`;
    const message = await failure({ server: running(forever, { stdout, stderr: '' }) });
    expect(message).toMatch(/; it said: much; much; no such table$/);
    expect(message.length).toBeLessThan(1000);
  });
});

it('the error stands in the message, not its stack trace', async () => {
  const stderr = `node:events:497
      throw er; // Unhandled 'error' event
      ^

Error: listen EADDRNOTAVAIL: address not available 10.0.0.1:80
    at Server.setupListenHandle [as _listen2] (node:net:1886:21)
Emitted 'error' event on Server instance at:
    at emitErrorNT (node:net:1944:8) {
  code: 'EADDRNOTAVAIL'
}

Node.js v20.20.2
`;
  const server = running(Promise.resolve(ended({ exitCode: 1, stderr })));
  expect(await failure({ server })).toMatch(
    /exit code 1: Error: listen EADDRNOTAVAIL: address not available/,
  );
});

it('a server that ended has not become ready, even if somebody answered', async () => {
  const answered = await failure({
    refusal: '',
    server: running(Promise.resolve(ended({ stdout: 'started as 4711\n' }))),
  });
  expect(answered).toBe(
    'the server ended at its start: exit code 0: started as 4711; a server must stay in the foreground',
  );
});
