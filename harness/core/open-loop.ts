/** Load at a fixed rate: how scenario and command line ask for it. */

/** The parameters of a load that say so. */
export const openLoopParams = { rate: 'rate', arrivals: 'arrivals', seed: 'arrival-seed' } as const;

export const arrivalKinds = ['constant', 'poisson'] as const;

export const highestRate = 1_000_000;

/** Whether the value is a rate that the generator can be asked for, in requests per second. */
export const isRate = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && value <= highestRate;

type Params = Readonly<Record<string, string | number | boolean>>;

/** The rate that a load is asked for, in requests per second; null: it is a closed loop. */
export function rateOf(params: Params): number | null {
  const rate = params[openLoopParams.rate];
  return typeof rate === 'number' ? rate : null;
}

/** The same load as a closed loop, which makes as many requests as it can. */
export function asClosedLoop<Of extends Params>(params: Of): Of {
  const names: readonly string[] = Object.values(openLoopParams);
  return Object.fromEntries(Object.entries(params).filter(([name]) => !names.includes(name))) as Of;
}

/** What is said of a load that cannot keep a rate, and what to do then. */
export const noRate = (load: string): string => `load ${load} makes no load at a fixed rate`;
export const ratedLoads = 'choose --load uring or --load epoll, or leave the rate out';
