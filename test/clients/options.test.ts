import { describe, expect, it } from 'vitest';
import { runGenerator } from '../support/generator.ts';

const refused: [string[], string][] = [
  [['--engine', 'aio'], '--engine aio: is not one of the choices; use auto or uring or epoll or processes'],
  [
    ['--check-engine', 'auto'],
    '--check-engine auto: is not one of the choices; use uring or epoll or processes',
  ],
  [['--close', 'both'], '--close both: is not one of the choices; use server or client or reset'],
  [['--send-delay', '-1'], '--send-delay -1: is out of range; give a whole number from 0 to 86400000'],
  [['--read-rate', 'slow'], '--read-rate slow: is not a whole number; give a whole number from 0 to'],
  [['--host', 'localhost'], '--host localhost: is not a numeric IP address; give one such as 127.0.0.1'],
  [['--port', '0'], '--port 0: is out of range; give a whole number from 1 to 65535'],
  [['--connections', '0'], '--connections 0: is out of range; give a whole number from 1 to 60000'],
  [['--connections', 'ten'], '--connections ten: is not a whole number; give a whole number from 1 to 60000'],
  [['--duration-ms', '0'], '--duration-ms 0: is out of range; give a whole number from 1 to 86400000'],
  [['--warmup-ms', '1.5'], '--warmup-ms 1.5: is not a whole number; give a whole number from 0 to 86400000'],
  [
    ['--path', 'index.html'],
    '--path index.html: is not the path of a URL; start it with / and encode blanks as %20',
  ],
  [['--path', '/a b'], '--path /a b: is not the path of a URL; start it with / and encode blanks as %20'],
  [['--path', '/a\r\nX: y'], '--path'],
  [
    ['--ramp-ms', '501'],
    '--ramp-ms 501: is longer than the warm-up; raise --warmup-ms to it, so that the window starts with all connections',
  ],
  [
    ['--warmup-limit-ms', '499'],
    '--warmup-limit-ms 499: is shorter than the warm-up; raise it to --warmup-ms at least, or leave it out',
  ],
  [
    ['--warmup-limit-ms', '-1'],
    '--warmup-limit-ms -1: is out of range; give a whole number from 0 to 86400000',
  ],
  [['--rate', '0'], '--rate 0: is out of range; give a number above 0 and up to 1000000'],
  [['--rate', '-5'], '--rate -5: is out of range; give a number above 0 and up to 1000000'],
  [['--rate', 'nan'], '--rate nan: is out of range; give a number above 0 and up to 1000000'],
  [['--rate', '1000000.1'], '--rate 1000000.1: is out of range; give a number above 0 and up to 1000000'],
  [['--rate', '70%'], '--rate 70%: is not a number; give a number above 0 and up to 1000000'],
  [
    ['--rate', '5', '--arrivals', 'bursts'],
    '--arrivals bursts: is not one of the choices; use constant or poisson',
  ],
  [['--arrivals', 'poisson'], '--arrivals means nothing to a closed loop; give --rate too, or leave it out'],
  [
    ['--arrival-seed', '1'],
    '--arrival-seed means nothing to a closed loop; give --rate too, or leave it out',
  ],
  [
    ['--rate', '5', '--arrival-seed', '1'],
    '--arrival-seed means nothing to constant arrivals; use --arrivals poisson, or leave it out',
  ],
  [
    ['--rate', '5', '--ramp-ms', '1'],
    '--ramp-ms means nothing with --rate, which says when requests start; leave one of them out',
  ],
  [
    ['--rate', '5', '--engine', 'processes'],
    "--rate can't be kept by --engine processes, whose clients wait for their responses; use --engine uring or epoll",
  ],
  [['--paces', '5'], '--paces 5: not an argument of this program; see --help'],
  [['http://127.0.0.1/'], 'http://127.0.0.1/: not an argument of this program; see --help'],
];

describe('the generator’s command line', () => {
  it.each(refused)('refuses %j with exit code 2 and what to do', async (flags, message) => {
    const exit = await runGenerator('release', flags);
    expect(exit).toMatchObject({ exitCode: 2, stdout: '' });
    expect(exit.stderr).toContain(`shortconn: ${message}`);
  });

  it('explains itself', async () => {
    const exit = await runGenerator('release', ['--help']);
    expect(exit).toMatchObject({ exitCode: 0, stderr: '' });
    for (const flag of ['--engine auto|uring|epoll|processes', '--expect-bytes', '--wait-ready-ms']) {
      expect(exit.stdout).toContain(flag);
    }
  });

  it('ends with an error when its output can’t be written', async () => {
    const exit = await runGenerator(
      'release',
      ['--duration-ms', '100'],
      ['sh', '-c', '"$@" >/dev/full', 'sh'],
    );
    expect(exit).toMatchObject({ exitCode: 1 });
    expect(exit.stderr).toContain('write to standard output: No space left on device (ENOSPC)');
  });
});
