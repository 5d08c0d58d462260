import type { LinkRates } from '../analysis/link.ts';
import type { Waits } from '../analysis/waits.ts';

/*
 * Columns that come in groups, for one repeat or for the medians of a cell.
 */

type Group<Figures> = readonly (readonly [name: string, pick: (figures: Figures) => number | null])[];

export const waitGroup: Group<Waits> = [
  ['serverWaitShare', (waits) => waits.serverWaitShare],
  ['serverWaitUsPerRequest', (waits) => waits.serverWaitUsPerRequest],
  ['serverVoluntarySwitchesPerRequest', (waits) => waits.serverVoluntaryPerRequest],
  ['serverInvoluntarySwitchesPerRequest', (waits) => waits.serverInvoluntaryPerRequest],
  ['serverThrottledShare', (waits) => waits.serverThrottledShare],
  ['generatorWaitShare', (waits) => waits.generatorWaitShare],
  ['generatorThrottledShare', (waits) => waits.generatorThrottledShare],
  ['cpuPressureShare', (waits) => waits.cpuPressureShare],
  ['ioPressureShare', (waits) => waits.ioPressureShare],
  ['memoryPressureShare', (waits) => waits.memoryPressureShare],
  ['otherCoresBusy', (waits) => waits.otherCoresBusy],
];

export const linkGroup: Group<LinkRates> = [
  ['tomBitsPerSecond', (rates) => rates.tomBitsPerSecond],
  ['jerryBitsPerSecond', (rates) => rates.jerryBitsPerSecond],
  ['heldBackPackets', (rates) => rates.heldBackPackets],
  ['droppedPackets', (rates) => rates.droppedPackets],
];
