import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProbe, sanitized } from '../support/build-probe.ts';

/*
 * When a warm-up is over, by what was answered until each look. Without a server and a clock: on a machine that is busy
 * no server's rate changes just as a test would have it.
 */

let directory = '';
let probe = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'forkbench-warmup-'));
  probe = await buildProbe('test/clients/warmup-probe.cc', directory, [...sanitized, 'clients/warmup.cc']);
});
afterAll(() => rm(directory, { recursive: true }));

interface Warmup {
  readonly shortestMs?: number;
  readonly longestMs?: number;
  readonly everyMs?: number;
}

/** What the warm-up says, with `answered(ms)` requests answered until `ms` after its start. */
async function warmUp(
  answered: (ms: number) => number,
  { shortestMs = 100, longestMs = 2000, everyMs = 50 }: Warmup = {},
): Promise<string> {
  const looks = Array.from({ length: Math.ceil(5000 / everyMs) }, (_, index) => (index + 1) * everyMs);
  const lines = looks.map((ms) => `${ms} ${Math.round(answered(ms))}`);
  const { stdout } = await execa(probe, { input: [`${shortestMs} ${longestMs}`, ...lines].join('\n') });
  return stdout;
}

/** So many requests a second from the start on. */
const steady = (perSecond: number) => (ms: number) => (perSecond * ms) / 1000;

describe('a warm-up that waits for a steady rate', () => {
  it('is over as soon as two halves can be compared, where the rate is steady from the start', async () => {
    expect(await warmUp(steady(10_000))).toBe('500 settled');
    expect(await warmUp(steady(10_000), { shortestMs: 1200 })).toBe('1200 settled');
  });

  it('waits until a slow start lies behind it', async () => {
    // Faster and faster for 700 ms, then 14 a millisecond.
    const slowStart = (ms: number): number => (ms <= 700 ? ms ** 2 / 100 : 4900 + 14 * (ms - 700));
    const [at, settled] = (await warmUp(slowStart)).split(' ');
    expect(settled).toBe('settled');
    expect(Number(at)).toBeGreaterThan(700);
    expect(Number(at)).toBeLessThanOrEqual(1250);
  });

  it.each([
    ['rises', (ms: number) => 100 * 2 ** (ms / 300)],
    ['falls', (ms: number) => 1_000_000 * (1 - 2 ** (-ms / 300))],
  ])('lasts to its limit while the rate %s', async (_, answered) => {
    expect(await warmUp(answered)).toBe('2000 unsettled');
  });

  it('lasts to its limit when nothing is answered, or nothing any more', async () => {
    expect(await warmUp(() => 0)).toBe('2000 unsettled');
    expect(await warmUp((ms) => Math.min(ms, 150))).toBe('2000 unsettled');
  });

  it('takes few answers for steady as far as chance explains that they come unevenly', async () => {
    // 5 and 8 of Poisson's lie no further apart than often; 5,000 and 8,000 do.
    const uneven = (ms: number): number => (ms <= 250 ? (5 * ms) / 250 : 5 + (8 * (ms - 250)) / 250);
    expect(await warmUp((ms) => Math.floor(uneven(ms)))).toBe('500 settled');
    expect(await warmUp((ms) => 1000 * uneven(ms))).not.toBe('500 settled');
  });

  it('is not deceived by looks that come late', async () => {
    // Every 110 ms instead of 50: rates are over the time that really passed.
    expect(await warmUp(steady(10_000), { everyMs: 110 })).toBe('1100 settled');
  });

  it('judges at its limit, and has no judgement where its length is fixed', async () => {
    expect(await warmUp(steady(10_000), { shortestMs: 100, longestMs: 300 })).toBe('300 unsettled');
    expect(await warmUp(steady(10_000), { shortestMs: 300, longestMs: 300 })).toBe('300 fixed');
  });
});
