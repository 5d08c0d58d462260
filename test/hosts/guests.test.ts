import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseCounterPage } from '../../harness/core/counter-page.ts';
import { parseGeneratorOutput } from '../../harness/core/generator-output.ts';
import { bootGuests, whyNoGuests, type Guest, type Guests } from '../support/guests.ts';
import { makeWorkplace, processesOf, readAllRecords, readRecords, startHarness } from '../support/harness.ts';
import { waitUntil } from '../support/wait-until.ts';

/*
 * Tom and Jerry as machines with kernels of their own, emulated. Their figures say nothing; that client, server and
 * kernels agree on counts does.
 */

const reason = await whyNoGuests();
let guests: Guests | null = null;
beforeAll(async () => {
  if (reason === null) guests = await bootGuests();
});
afterAll(() => guests?.close());
beforeEach((context) => {
  if (reason !== null) context.skip(reason);
});

async function outputOf(guest: Guest, line: string): Promise<string> {
  const { exitCode, stdout, stderr } = await guest.ssh(line);
  if (exitCode !== 0) throw new Error(`${guest.name}: ${line}: exit code ${exitCode}: ${stderr}`);
  return stdout;
}

/** A counter of TCP in the guest's kernel. */
async function tcpCounter(guest: Guest, name: string): Promise<number> {
  const [names, values] = (await outputOf(guest, "grep '^Tcp:' /proc/net/snmp"))
    .split('\n')
    .map((line) => line.split(' '));
  return Number(values![names!.indexOf(name)]);
}

it('guests of different kernels each are told apart by a host key that was known before', async () => {
  const { tom, jerry } = guests!;
  const boots = await Promise.all(
    [tom, jerry].map((guest) => outputOf(guest, 'hostname; cat /proc/sys/kernel/random/boot_id')),
  );
  expect(boots.map((text) => text.split('\n')[0])).toEqual(['tom', 'jerry']);
  expect(boots[0]!.split('\n')[1]).not.toBe(boots[1]!.split('\n')[1]);
});

it('client, server and both kernels count the same on programs that came by tar', async () => {
  const { tom, jerry } = guests!;
  const programs = { tom: 'blocking-serial', jerry: 'shortconn' };
  for (const guest of [tom, jerry]) {
    const tar = execa('tar', ['-C', 'build/release/bin', '-czf', '-', programs[guest.name]], {
      encoding: 'buffer',
      buffer: false,
    });
    const taken = await guest.ssh('mkdir -p /root/bin && tar -xz -C /root/bin', { stdin: tar.stdout });
    expect(taken.exitCode, taken.stderr).toBe(0);
  }
  const place = `--host ${tom.address} --port 8080`;
  const server = tom.ssh(`exec /root/bin/blocking-serial ${place} --backlog 128 --counters /dev/shm/page`);
  await outputOf(jerry, `/root/bin/shortconn --wait-ready-ms 10000 ${place}`);
  const counters = async () => {
    const page = Buffer.from(await outputOf(tom, 'base64 /dev/shm/page'), 'base64');
    return parseCounterPage(page).slots[0]!;
  };

  const countedBefore = await counters();
  const acceptedBefore = await tcpCounter(tom, 'PassiveOpens');
  const openedBefore = await tcpCounter(jerry, 'ActiveOpens');
  const load = `--connections 5 --warmup-ms 200 --duration-ms 1000 --drain-ms 3000 ${place}`;
  const { total } = parseGeneratorOutput(await outputOf(jerry, `/root/bin/shortconn ${load}`));
  const opened = (await tcpCounter(jerry, 'ActiveOpens')) - openedBefore;
  const accepted = (await tcpCounter(tom, 'PassiveOpens')) - acceptedBefore;
  const counted = await counters();
  await outputOf(tom, 'killall blocking-serial');
  await server;

  expect(total.succeeded).toBeGreaterThan(10);
  expect(total.failed).toEqual({});
  expect(counted.answered - countedBefore.answered).toBe(total.succeeded);
  expect([opened, counted.accepted - countedBefore.accepted]).toEqual([total.connected, total.connected]);
  // Tom's kernel counts the connections of ssh as well, of which there are a few while this is read.
  expect(accepted).toBeGreaterThan(total.connected);
  expect(accepted).toBeLessThanOrEqual(total.connected + 3);
});

it('the smoke scenario runs on them, and client, server and kernel agree in every repeat', async () => {
  const workplace = makeWorkplace();
  try {
    const run = ['--scenario', 'smoke', '--hosts', guests!.inventory, '--seed', '1'];
    const result = await startHarness(workplace, [
      ...run,
      '--variants',
      'blocking-serial',
      '--concurrency',
      '5',
    ]);
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    const records = readRecords(workplace);
    expect(records.length).toBeGreaterThan(0);
    for (const { repeatId, status, load, server, kernel, cell } of records) {
      expect(status, repeatId).toBe('ok');
      const answered = server!.processes.reduce((sum, process) => sum + process.answered, 0);
      const { succeeded } = load!.total;
      expect(succeeded, repeatId).toBeGreaterThan(0);
      expect(Math.abs(answered - succeeded), repeatId).toBeLessThanOrEqual(cell.concurrency);
      const opened = kernel!.tom.tcp['PassiveOpens']!;
      expect(Math.abs(opened - succeeded), repeatId).toBeLessThanOrEqual(cell.concurrency);
    }
  } finally {
    workplace.remove();
  }
});

it('a machine that is halted in mid-run fails its repeat with a reason, and nothing stays on the other', async () => {
  const workplace = makeWorkplace();
  try {
    const run = ['--scenario', 'smoke', '--hosts', guests!.inventory, '--on-lost-host', 'stop'];
    const long = ['--variants', 'blocking-serial', '--concurrency', '5', '--duration', '60s'];
    const harness = startHarness(workplace, [...run, ...long]);
    await waitUntil(
      'the server runs',
      async () => (await guests!.tom.ssh('pidof blocking-serial')).exitCode === 0,
      60_000,
    );
    await guests!.jerry.halt();
    const result = await harness;
    // It was the last repeat, so there was nothing to stop.
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(1);
    const failures = readAllRecords(workplace).flatMap(({ failure }) => (failure ? [failure.message] : []));
    expect(failures.join('\n')).toMatch(/jerry cannot be reached/);
    await waitUntil(
      'nothing of it runs on tom',
      async () => (await guests!.tom.ssh('pidof blocking-serial sink host-agent')).exitCode === 1,
      10_000,
    );
    expect(processesOf(workplace)).toEqual([]);
  } finally {
    workplace.remove();
  }
});
