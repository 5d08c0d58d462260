import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeWorkplace, startHarness, type Workplace } from '../support/harness.ts';

let workplace: Workplace;
beforeEach(() => void (workplace = makeWorkplace()));
afterEach(() => workplace.remove());

it.each([
  [[], /no scenario was named/],
  [
    ['--scenario', 'singlecore'],
    /no scenario "singlecore"[\s\S]*choose from [\s\S]*dual-core, [\s\S]*single-core, smoke/,
  ],
  [['--scenario', './nowhere.ts'], /nowhere\.ts cannot be loaded/],
  [['--scenario', 'smoke', '--variants', 'nginx'], /no variant "nginx"[\s\S]*blocking-serial/],
  [['--scenario', 'smoke', '--load', 'siege'], /no load "siege"[\s\S]*epoll/],
  [['--scenario', 'smoke', '--hosts', 'moon'], /no kind of hosts and no file "moon"[\s\S]*netns/],
  [['--scenario', 'smoke', '--concurrency', '5,x'], /--concurrency[\s\S]*"x" is not a whole number/],
  [['--scenario', 'smoke', '--concurrency', '5,5'], /twice/],
  [['--scenario', 'smoke', '--concurrency', '20001', '--dry-run'], /"20001" is not .* from 1 to 20000/],
  [
    ['--scenario', 'smoke', '--load', 'processes', '--concurrency', '10000'],
    /nothing would be measured: .*at most 3000 connections[\s\S]*--concurrency/,
  ],
  [['--scenario', 'smoke', '--duration', '1ms', '--dry-run'], /a window may take from 100 ms to 2 min/],
  [['--scenario', 'smoke', '--hosts', 'moon', '--dry-run'], /no kind of hosts and no file "moon"/],
  [['--scenario', 'smoke', '--seed', '3000000000'], /"3000000000" is not .* from 0 to 2147483647/],
  [
    ['--scenario', 'smoke', '--duration', '3'],
    /--duration[\s\S]*write a number with its unit|"3" is not a duration/,
  ],
  [['--scenario', 'smoke', '--repeats', '0'], /--repeats/],
  [['--scenario', 'smoke', '--fidelity', 'high'], /--fidelity/],
  [['--scenario', 'smoke', '--quick', '--fidelity', 'seed'], /exclude each other/],
  [['--scenario', 'smoke', '--fidelity', 'seed'], /no plan "seed"/],
  [['--scenario', 'smoke', '--tool-path', 'wrk'], /--tool-path[\s\S]*name of a load, "=" and a path/],
  [['--scenario', 'smoke', '--tool-path', 'wrk=/opt/wrk'], /--tool-path: load "wrk" is not used[\s\S]*uring/],
  [
    ['--scenario', 'smoke', '--load', 'wrk', '--tool-path', 'wrk=/nowhere/wrk'],
    /wrk: \/nowhere\/wrk is no program[\s\S]*--tool-path wrk=PATH/,
  ],
  [['--scenario', 'smoke', '--tool-path', 'uring=/bin/true'], /load uring has no parameter "path"/],
  [
    ['--scenario', 'smoke', '--precision', '5'],
    /--precision[\s\S]*"5" is not a percentage from 0\.1% to 100%/,
  ],
  [
    ['--scenario', 'smoke', '--precision', '5%', '--budget', '5s', '--dry-run'],
    /--budget: 5 s is too short for --precision: an interval takes 3 blocks, and these about \d+ s/,
  ],
  [['--scenario', 'smoke', '--budget', '0s'], /--budget[\s\S]*is not a duration|a budget may be from/],
  [
    ['--scenario', 'smoke', '--rate', '70%'],
    /--rate[\s\S]*"70%" is a share; give a number of requests per second[\s\S]*scenario latency/,
  ],
  [
    ['--scenario', 'smoke', '--rate', '0'],
    /--rate[\s\S]*"0" is not a number of requests per second above 0 and up to 1000000/,
  ],
  [['--scenario', 'smoke', '--rate', '5', '--arrivals', 'bursts'], /--arrivals[\s\S]*constant, poisson/],
  [['--scenario', 'smoke', '--arrivals', 'poisson'], /--arrivals means nothing without a rate[\s\S]*--rate/],
  [
    ['--scenario', 'smoke', '--rate', '5', '--load', 'wrk', '--dry-run'],
    /--rate: load wrk makes no load at a fixed rate[\s\S]*--load uring or --load epoll/,
  ],
  [['--scenario', 'smoke', '--explain'], /--explain says what --resume would do/],
  [['--resume', '--repeats', '3'], /--repeats cannot change that/],
  [['--resume'], /no run below .* ended early[\s\S]*--resume results\/<scenario>\/<run>/],
  [['--resume', './nowhere'], /nowhere\/manifest\.json does not exist/],
  [['--scenario', 'smoke', '--colour'], /--colour/],
  [['smoke'], /too many arguments/],
])('refuses %j with exit code 2 and says what to do', async (args, message) => {
  const result = await startHarness(workplace, args);
  expect(result.exitCode).toBe(2);
  expect(result.stderr).toMatch(message);
  expect(result.stderr).not.toMatch(/\n\s+at /);
});

it('names the fields of a scenario file that are wrong', async () => {
  const file = join(workplace.out, 'wrong.ts');
  writeFileSync(file, 'export default { name: "wrong", concurrencies: [0] };\n');
  const result = await startHarness(workplace, ['--scenario', file]);
  expect(result.exitCode).toBe(2);
  expect(result.stderr).toMatch(/wrong\.ts is not a valid scenario/);
  expect(result.stderr).toMatch(/concurrencies\[0\]/);
  expect(result.stderr).toMatch(/variants/);
});

it('prints help, the list and a plan without measuring', async () => {
  const help = await startHarness(workplace, ['--help']);
  expect(help.exitCode).toBe(0);
  for (const flag of ['--scenario', '--list', '--dry-run', '--quick', '--load', '--hosts', '--json']) {
    expect(help.stdout).toContain(flag);
  }
  const list = await startHarness(workplace, ['--list']);
  expect(list.stdout).toMatch(/single-core[\s\S]*epoll-prefork-2[\s\S]*autocannon[\s\S]*netns/);
  const text = await startHarness(workplace, [
    '--scenario',
    'single-core',
    '--dry-run',
    '--concurrency',
    '5,10',
  ]);
  expect(text.stdout).toMatch(/servers: +blocking-serial, epoll-prefork-1, epoll-prefork-2/);
  expect(text.stdout).toMatch(/window: +2 s after 500 ms to 2 s of warm-up at 5 connections/);
  expect(text.stdout).toMatch(/window: +8 s after 500 ms to 2 s of warm-up at 10 connections/);
  const plan = await startHarness(workplace, [
    '--scenario',
    'single-core',
    '--fidelity',
    'seed',
    '--dry-run',
    '--json',
  ]);
  const { repeats } = JSON.parse(String(plan.stdout)) as {
    repeats: { pass: string; windowMs: number; cell: { load: string } }[];
  };
  const timed = repeats.filter((repeat) => repeat.pass === 'timed');
  expect(timed).toHaveLength(39);
  expect(timed.every((repeat) => repeat.windowMs === 30_000 && repeat.cell.load === 'processes')).toBe(true);
});

it('names the Debian package of a load that is not installed', async () => {
  const args = ['--scenario', 'smoke', '--load', 'ab'];
  const result = await startHarness(workplace, args, { env: { PATH: '/nowhere' } });
  expect(result.exitCode).toBe(2);
  expect(result.stderr).toMatch(/ab: ab is not installed\nremedy: apt-get install apache2-utils/);
});

it('says how to come by webbench where a benchmark makes no sense without it', async () => {
  const args = ['--scenario', 'webbench', '--tool-path', 'webbench=/nowhere/webbench'];
  const result = await startHarness(workplace, args);
  expect(result.exitCode).toBe(2);
  expect(result.stderr).toMatch(
    /webbench: \/nowhere\/webbench is no program.*\nremedy: mend --tool-path webbench=PATH/,
  );
});
