import type { LinkRates } from '../analysis/link.ts';
import type { Waits } from '../analysis/waits.ts';
import { number, type Row } from './csv-rows.ts';

/*
 * Columns that come in groups, for one repeat or for the medians of a cell: `read` gives the figure.
 */

type Read<Figures> = (pick: (figures: Figures) => number | null) => number | null;

export function waitColumns(read: Read<Waits>): Row {
  return {
    serverWaitShare: number(read((waits) => waits.serverWaitShare)),
    serverWaitUsPerRequest: number(read((waits) => waits.serverWaitUsPerRequest)),
    serverVoluntarySwitchesPerRequest: number(read((waits) => waits.serverVoluntaryPerRequest)),
    serverInvoluntarySwitchesPerRequest: number(read((waits) => waits.serverInvoluntaryPerRequest)),
    serverThrottledShare: number(read((waits) => waits.serverThrottledShare)),
    generatorWaitShare: number(read((waits) => waits.generatorWaitShare)),
    generatorThrottledShare: number(read((waits) => waits.generatorThrottledShare)),
    cpuPressureShare: number(read((waits) => waits.cpuPressureShare)),
    ioPressureShare: number(read((waits) => waits.ioPressureShare)),
    memoryPressureShare: number(read((waits) => waits.memoryPressureShare)),
    otherCoresBusy: number(read((waits) => waits.otherCoresBusy)),
  };
}

export function linkColumns(read: Read<LinkRates>): Row {
  return {
    tomBitsPerSecond: number(read((rates) => rates.tomBitsPerSecond)),
    jerryBitsPerSecond: number(read((rates) => rates.jerryBitsPerSecond)),
    heldBackPackets: number(read((rates) => rates.heldBackPackets)),
    droppedPackets: number(read((rates) => rates.droppedPackets)),
  };
}

/** The same columns under names that say that they are medians. */
export const asMedians = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [`${name}Median`, value]));

const nothing = (): null => null;
export const groupColumnNames = Object.keys({ ...waitColumns(nothing), ...linkColumns(nothing) });
export const groupMedianNames = Object.keys(asMedians({ ...waitColumns(nothing), ...linkColumns(nothing) }));
