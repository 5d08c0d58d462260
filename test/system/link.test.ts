import { afterAll, beforeAll, expect, it } from 'vitest';
import { measureLink } from '../../harness/effects/link-capacity.ts';
import { loadPlugin } from '../../harness/effects/registry.ts';
import { commandOf, processesOf } from '../support/harness.ts';
import { openTestbed, type OpenTestbed } from '../support/testbed.ts';

let open: OpenTestbed;
beforeAll(async () => void (open = await openTestbed()));
afterAll(() => open.close());

const left = (): number[] => processesOf(open.workplace).filter((pid) => commandOf(pid).includes('iperf3'));

it('what the link can carry is measured, as far as a token bucket lets it through', async () => {
  const { testbed } = open;
  const server = await open.startServer('sink');
  const wide = await measureLink(testbed);
  expect(wide).toEqual({
    tool: expect.stringMatching(/^iperf \d/),
    bitsPerSecond: expect.any(Number),
    reason: null,
  });
  const limit = await open.disturb('link-limit', { mbit: 8, host: 'tom' }, server);
  const narrow = await measureLink(testbed);
  await limit.stop();
  await server.stop();
  // The kernel holds the rate; what the bucket held at first comes on top.
  expect(narrow.bitsPerSecond).toBeLessThan(10_000_000);
  expect(left()).toEqual([]);
});

it('where it cannot be measured there is a reason, and a remedy where there is one', async () => {
  const { machine, testbed } = open;
  const loopback = await (await loadPlugin('hosts', 'loopback')).open(machine, { tom: [], jerry: [] });
  expect(await measureLink(loopback)).toMatchObject({
    bitsPerSecond: null,
    reason: expect.stringContaining('share one network'),
  });
  const jerry = { ...testbed.jerry, machine: { ...machine, which: async () => null } };
  expect(await measureLink({ ...testbed, jerry })).toMatchObject({
    bitsPerSecond: null,
    reason: expect.stringContaining('apt-get install iperf3'),
  });
  // Nobody can be reached by an address that no host has.
  const nowhere = { ...testbed, jerry: { ...testbed.jerry, address: '192.168.56.99' } };
  expect(await measureLink(nowhere)).toMatchObject({
    bitsPerSecond: null,
    reason: expect.stringContaining('iperf3 failed'),
  });
  expect(left()).toEqual([]);
});
