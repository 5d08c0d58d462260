import { expect, it } from 'vitest';
import { cpuUse } from '../../../harness/analysis/cpu.ts';
import { waitsOf } from '../../../harness/analysis/waits.ts';
import type { CpuReading, RepeatRecord } from '../../../harness/core/record.ts';
import { processes, runWithCpu } from '../../support/made-up-waits.ts';

const recordWith = (cpu: Partial<CpuReading> = {}): RepeatRecord =>
  runWithCpu({ processes, ...cpu }).records[0]!;

it('is added up for each side, for the window and for each request', () => {
  expect(waitsOf(recordWith())).toMatchObject({
    serverWaitShare: 0.2,
    serverWaitUsPerRequest: 200,
    serverVoluntaryPerRequest: 1,
    serverInvoluntaryPerRequest: 0.1,
    generatorWaitShare: 0.03,
  });
});

it('tells a quota that held nothing back from one that there is not', () => {
  const held = waitsOf(recordWith({ throttled: { serverMs: 0, generatorMs: 250 } }));
  expect(held).toMatchObject({ serverThrottledShare: 0, generatorThrottledShare: 0.25 });
  const none = waitsOf(recordWith({ throttled: { serverMs: null, generatorMs: null } }));
  expect(none).toMatchObject({ serverThrottledShare: null, generatorThrottledShare: null });
});

it('has the pressure on the machine and the other cores, where the kernel tells', () => {
  const pressure = { cpuMs: 400, ioMs: 20, memoryMs: 0 };
  expect(waitsOf(recordWith({ pressure, otherCoresBusy: 1.5 }))).toMatchObject({
    cpuPressureShare: 0.4,
    ioPressureShare: 0.02,
    memoryPressureShare: 0,
    otherCoresBusy: 1.5,
  });
  expect(waitsOf(recordWith({ pressure: null, otherCoresBusy: null }))).toMatchObject({
    cpuPressureShare: null,
    otherCoresBusy: null,
  });
});

it('is not known where nothing was watched', () => {
  const { cpu: _, ...unwatched } = recordWith();
  expect(Object.values(waitsOf(unwatched)).every((value) => value === null)).toBe(true);
});

it("leaves the generator's processes out of the server's CPU time", () => {
  expect(cpuUse(recordWith()).serverPercent).toBe(0);
});
