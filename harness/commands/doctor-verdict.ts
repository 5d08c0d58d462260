import { strangersShareLimit } from '../analysis/cpu.ts';
import { median } from '../analysis/statistics.ts';
import { formatShare } from '../render/format.ts';
import type { Trial } from './doctor-trial.ts';

/** From this spread of equal repeats on, small differences between servers drown. */
const noiseLimit = 0.1;

/** Whether a scenario's figures mean anything here, and why not. */
export interface ScenarioVerdict {
  readonly scenario: 'single-core' | 'dual-core';
  readonly meaningful: boolean;
  readonly reasons: readonly string[];
}

export interface DoctorVerdict {
  /** Largest less smallest of equal repeats, over their median; null where there are none. */
  readonly noise: number | null;
  readonly scenarios: readonly ScenarioVerdict[];
}

export function judge(cores: number, trial: Trial): DoctorVerdict {
  const noise = noiseOf(trial.repeats);
  const strangers = median(trial.strangersShares);
  const always = [
    ...(trial.failure === null ? [] : ['nothing could be measured']),
    ...(noise !== null && noise > noiseLimit
      ? [`equal repeats lie ${formatShare(noise)} apart: differences below that can't be told from noise`]
      : []),
    ...(strangers !== null && strangers > strangersShareLimit
      ? [`something else takes ${formatShare(strangers)} of the cores: wait until the machine is quiet`]
      : []),
    ...(trial.hosts === 'loopback'
      ? [
          'Tom and Jerry share one network stack (loopback): the kernel counts for both and for everything else',
        ]
      : []),
  ];
  const needed = [
    { scenario: 'single-core', cores: 2 },
    { scenario: 'dual-core', cores: 3 },
  ] as const;
  return {
    noise,
    scenarios: needed.map(({ scenario, cores: wanted }) => {
      const tooFew =
        cores < wanted
          ? [`it needs ${wanted} cores, and here are ${cores}: server and load take CPU time from each other`]
          : [];
      const reasons = [...tooFew, ...always];
      return { scenario, meaningful: reasons.length === 0, reasons };
    }),
  };
}

function noiseOf(rates: readonly number[]): number | null {
  const middle = median(rates);
  return middle === null || middle === 0 ? null : (Math.max(...rates) - Math.min(...rates)) / middle;
}

export function verdictLines({ noise, scenarios }: DoctorVerdict): string[] {
  return [
    noise === null ? 'noise floor: not known' : `noise floor: equal repeats lie ${formatShare(noise)} apart`,
    ...scenarios.flatMap(({ scenario, meaningful, reasons }) => [
      `${scenario}: ${meaningful ? 'its figures mean something here' : 'read its figures with care here'}`,
      ...reasons.map((reason) => `  ${reason}`),
    ]),
  ];
}
