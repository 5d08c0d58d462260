import { messageOf } from '../core/errors.ts';
import { parseIperf } from '../core/iperf.ts';
import type { LinkCapacity } from '../core/manifest.ts';
import type { Testbed } from '../core/plugin.ts';
import { startUntilItSpeaks } from './first-line.ts';

const tool = 'iperf3';
const seconds = 1;
/** To connect, and to come to an end. */
const limitMs = 1000 * seconds + 9000;

/**
 * Measures what the path from Tom to Jerry can carry, on the cores that the hosts have: the way that responses take.
 * Never rejects: where it cannot be measured, the result says why.
 */
export async function measureLink(testbed: Testbed): Promise<LinkCapacity> {
  const unknown = (reason: string): LinkCapacity => ({ tool, bitsPerSecond: null, reason });
  if (!testbed.separateNetworks)
    return unknown('the hosts share one network, so there is no link between them');
  const installed = await Promise.all([testbed.tom, testbed.jerry].map((side) => side.machine.which(tool)));
  if (installed.includes(null)) {
    return unknown('iperf3 is not installed; to have it: apt-get install iperf3');
  }
  try {
    return { ...parseIperf(await runIperf(testbed)), reason: null };
  } catch (error) {
    return unknown(`iperf3 failed: ${messageOf(error)}`);
  }
}

async function runIperf({ tom, jerry }: Testbed): Promise<string> {
  const bind = ['--bind', jerry.address];
  // Its first line comes when it listens.
  const { running: receiver } = await startUntilItSpeaks(
    jerry.start,
    [tool, '--server', '--one-off', '--forceflush', ...bind],
    limitMs,
  );
  try {
    const sender = [tool, '--client', jerry.address, '--time', String(seconds), '--json'];
    const { stdout, stderr, startError } = await tom.run(sender, { limitMs });
    if (stdout === '') throw new Error(startError ?? (stderr.trim() || 'it said nothing'));
    return stdout;
  } finally {
    await receiver.stop({ signal: 'SIGKILL' });
  }
}
