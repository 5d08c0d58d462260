import { describe, expect, it } from 'vitest';
import { UserError } from '../../../harness/core/errors.ts';
import type { Finished, LoadRequest, Machine } from '../../../harness/core/plugin.ts';
import epoll from '../../../harness/plugins/loads/epoll.ts';
import processes from '../../../harness/plugins/loads/processes.ts';
import uring from '../../../harness/plugins/loads/uring.ts';

/** A machine on which the generator's check ends like this. */
function machine(ended: Partial<Finished> = {}): { machine: Machine; commands: (readonly string[])[] } {
  const commands: (readonly string[])[] = [];
  const fake: Pick<Machine, 'program' | 'run'> = {
    program: (name) => `/bin/${name}`,
    run: async (argv) => {
      commands.push(argv);
      return { command: '', exitCode: 0, signal: null, timedOut: false, stdout: '', stderr: '', ...ended };
    },
  };
  return { machine: fake as Machine, commands };
}

const request = (params: LoadRequest['choice']['params'], id = 'load'): LoadRequest => ({
  address: '192.168.56.2',
  port: 11111,
  concurrency: 50,
  warmupMs: 100,
  windowMs: 1000,
  drainMs: 200,
  choice: { id, params },
});

const choice = { id: 'uring', params: {} };

describe('a load of our generator', () => {
  it('asks the generator whether its engine can be used', async () => {
    const { machine: fine, commands } = machine();
    expect(await uring.check(fine, choice)).toBeNull();
    expect(commands).toEqual([['/bin/shortconn', '--check-engine', 'uring']]);
  });

  it('hands on reason and remedy', async () => {
    const { machine: denied } = machine({
      exitCode: 1,
      stderr: 'shortconn: io_uring is refused; run outside the container; or use --engine epoll\n',
    });
    expect(await uring.check(denied, choice)).toEqual({
      reason: 'io_uring is refused',
      remedy: 'run outside the container; or use --load epoll',
    });
  });

  it('hands on why the generator could not be asked', async () => {
    const { machine: broken } = machine({ exitCode: null, startError: 'spawn ENOENT' });
    expect(await uring.check(broken, choice)).toEqual({ reason: 'spawn ENOENT' });
  });

  it('makes flags of the parameters of a scenario', () => {
    const flags = uring.command(
      request({ 'send-delay-ms': 5, 'read-rate': 1000, close: 'client' }),
      machine().machine,
    );
    expect(flags.slice(0, 3)).toEqual(['/bin/shortconn', '--engine', 'uring']);
    expect(flags.slice(-6)).toEqual(['--send-delay', '5', '--read-rate', '1000', '--close', 'client']);
    expect(epoll.command(request({}), machine().machine)).not.toContain('--close');
  });

  it('has a limit to its warm-up where the plan has one', () => {
    const { machine: any } = machine();
    const limited = epoll.command({ ...request({}), warmupLimitMs: 900 }, any).join(' ');
    expect(limited).toContain('--warmup-ms 100 --warmup-limit-ms 900 ');
    expect(epoll.command(request({}), any)).not.toContain('--warmup-limit-ms');
  });

  it.each([
    [
      { 'send-delay-ms': 1.5 },
      'load slow: send-delay-ms 1.5 cannot be used',
      'give a whole number of milliseconds',
    ],
    [
      { 'read-rate': -1 },
      'load slow: read-rate -1 cannot be used',
      'give a whole number of bytes per second',
    ],
    [{ close: 'both' }, 'load slow: close both cannot be used', 'give server, client or reset'],
    [
      { pace: 5 },
      'load slow has no parameter "pace"',
      'use one of send-delay-ms, read-rate, requests-per-connection, close, rate, arrivals, arrival-seed',
    ],
    [
      { rate: 0 },
      'load slow: rate 0 cannot be used',
      'give a number of requests per second above 0 and up to 1000000',
    ],
    [
      { rate: '70%' },
      'load slow: rate 70% cannot be used',
      'give a number of requests per second above 0 and up to 1000000',
    ],
    [{ arrivals: 'bursts' }, 'load slow: arrivals bursts cannot be used', 'give constant or poisson'],
  ])('refuses %j with what to do', (params, message, remedy) => {
    const attempt = (): unknown => epoll.command(request(params, 'slow'), machine().machine);
    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow(expect.objectContaining({ message, remedy }) as Error);
  });

  it('makes flags of a rate', () => {
    const params = { rate: 2500.5, arrivals: 'poisson', 'arrival-seed': 7 };
    expect(uring.command(request(params), machine().machine).slice(-6)).toEqual([
      ...['--rate', '2500.5'],
      ...['--arrivals', 'poisson'],
      ...['--arrival-seed', '7'],
    ]);
  });

  it('of processes keeps no rate', () => {
    expect([uring, epoll, processes].map(({ keepsRate }) => keepsRate)).toEqual([true, true, undefined]);
    expect(() => processes.command(request({ rate: 5 }), machine().machine)).toThrow(
      expect.objectContaining({
        message: 'load load makes no load at a fixed rate',
        remedy: 'choose --load uring or --load epoll, or leave the rate out',
      }) as Error,
    );
  });

  it('of processes has no parameters', () => {
    expect(() => processes.command(request({ close: 'client' }), machine().machine)).toThrow(
      expect.objectContaining({ remedy: 'remove it from the scenario' }) as Error,
    );
  });
});
