import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { UserError } from '../../harness/core/errors.ts';
import type { Machine, Variant } from '../../harness/core/plugin.ts';
import { isListening } from '../support/proc.ts';
import { exchange, simpleAnswer, simpleGet } from '../support/raw-client.ts';
import {
  allServers,
  freePort,
  programPath,
  temporaryDirectory,
  type Program,
} from '../support/server-process.ts';
import { waitUntil } from '../support/wait-until.ts';

type Parameters = Record<string, string | number | boolean>;

const common = {
  backlog: 64,
  'response-bytes': 66,
  'work-us': 1,
  'defer-accept': 5,
  'recv-timeout-ms': 5000,
  'requests-per-connection': 10,
};
const loop = { 'accept-batch': 10, shortcuts: false };

/** Every parameter that a scenario may set. */
const parameters: Record<(typeof allServers)[number], Parameters> = {
  'blocking-serial': {},
  'epoll-single': loop,
  'epoll-shared': { ...loop, workers: 2, exclusive: false },
  'epoll-reuseport': { ...loop, workers: 2 },
  threads: { ...loop, workers: 2, exclusive: true },
  'epoll-prefork': {
    workers: 2,
    'accept-batch': 10,
    'listen-trigger': 'edge',
    'notify-channel': 'pipe',
    notify: 'blocking',
    'notify-trigger': 'level',
    'notify-read': 'one',
  },
};

async function commandOf(program: Program, params: Parameters, port: number): Promise<string[]> {
  const { default: variant } = (await import(`../../harness/plugins/variants/${program}.ts`)) as {
    default: Variant;
  };
  const machine = { program: (name: Program) => programPath(name, 'release') } as unknown as Machine;
  const directory = await temporaryDirectory();
  const counterFile = `${directory}/counters`;
  const choice = { id: 'mine', label: 'mine', plugin: program, params, optional: false };
  return variant.command(choice, { machine, address: '127.0.0.1', port, counterFile, directory });
}

it.each(allServers)('%s starts with every parameter that its variant takes', async (program) => {
  const port = await freePort();
  const [file = '', ...flags] = await commandOf(program, { ...common, ...parameters[program] }, port);
  const server = execa(file, flags, { reject: false });
  onTestFinished(() => void server.kill('SIGKILL'));
  await waitUntil('it listens', () => isListening(port));
  expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
  server.kill('SIGTERM');
  expect(await server).toMatchObject({ exitCode: 0, stderr: '' });
});

it.each(allServers)('the variant %s refuses a parameter that its program does not have', async (program) => {
  const foreign = program === 'epoll-prefork' ? 'shortcuts' : 'notify';
  const refusal = await commandOf(program, { [foreign]: 'on' }, 1).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(UserError);
  expect(String(refusal)).toContain(`${program} has no parameter "${foreign}"`);
});
