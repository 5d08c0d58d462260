import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readH2loadLog } from '../../../clients/h2load-log.ts';
import { fixture } from '../../support/captured.ts';

/** Against a server that answers one request in ten with 500; the last line was cut short. */
const lines = fixture('h2load/log.txt').split('\n');
const whole = lines.slice(0, -1);
const endsUs = whole.map((line) => {
  const [beganUs, , tookUs] = line.split('\t').map(Number) as [number, number, number];
  return beganUs + tookUs;
});
const [firstUs, lastUs] = [Math.min(...endsUs), Math.max(...endsUs)];
const allOf = (of: readonly string[]) => readH2loadLog(of, firstUs, lastUs + 1);

describe("h2load's log", () => {
  it('is counted by status, and the line that was cut short is none', async () => {
    const { total, window, halves, times } = await allOf(lines);
    const failed = whole.filter((line) => line.includes('\t500\t')).length;
    expect(failed).toBeGreaterThan(10);
    expect(total).toEqual({ succeeded: whole.length - failed, badStatus: failed, connection: 0 });
    expect(window).toEqual(total);
    expect(halves[0] + halves[1]).toBe(total.succeeded);
    const tookUs = whole.map((line) => Number(line.split('\t')[2])).sort((a, b) => a - b);
    expect(times!.p50Us).toBe(tookUs[whole.length / 2]);
    expect(times!.meanUs).toBe(Math.round(tookUs.reduce((sum, one) => sum + one, 0) / whole.length));
  });

  it('gives to a window what ended within it', async () => {
    const middleUs = endsUs.toSorted((a, b) => a - b)[100]!;
    const { window, total } = await readH2loadLog(lines, firstUs, middleUs);
    expect(window.succeeded + window.badStatus).toBe(endsUs.filter((endUs) => endUs < middleUs).length);
    expect(total.succeeded + total.badStatus).toBe(whole.length);
  });

  it('has requests without an answer, whose times are no response times', async () => {
    const { total, times } = await allOf(['1795661133452909\t-1\t17551']);
    expect(total).toEqual({ succeeded: 0, badStatus: 0, connection: 1 });
    expect(times).toBeNull();
  });

  it('is refused where a line in its midst is none, by that line', async () => {
    const garbled = fc.oneof(
      fc.constantFrom('', 'x', '1\t2\t3', '1795661133452909\t200', '1795661133452909\t200\t-5', '\0'),
      fc.nat(whole[0]!.length - 1).map((at) => `${whole[0]!.slice(0, at)}?${whole[0]!.slice(at)}`),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), garbled, async (at, text) => {
        const mutated = whole.map((line, index) => (index === at ? text : line));
        // One more line, so that the garbled one is never the last.
        await expect(allOf([...mutated, whole[0]!])).rejects.toThrow(
          `line ${at + 1} of h2load's log is none`,
        );
      }),
    );
  });
});
