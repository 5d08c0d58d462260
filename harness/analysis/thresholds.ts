/**
 * From where on a figure means something. The values in `fitted` come from `npm run verdicts:fit`, which chooses them on
 * one half of the cells of the scenario `verdicts`, whose causes are known; the other half tells how well they do.
 */
export interface Thresholds {
  /** Share of what the server can use from which on it is the limit. */
  readonly serverFull: number;
  /** Share of what the generator can use from which on it is the limit. */
  readonly generatorFull: number;
  /** Share of the load's ceiling from which on a figure is the generator's as much as the server's. */
  readonly ceiling: number;
  /** Share of the window for which a quota held a side's processes back. */
  readonly throttled: number;
  /** Share of the clients that wait for a retransmission. */
  readonly backoff: number;
  /** Share of the samples in which the server slept on one client while others waited. */
  readonly blocked: number;
  /** Share of the requests that found no local port. */
  readonly portFailures: number;
  /** Share of the link's capacity. */
  readonly linkFull: number;
  /** Share of the packets that a shaper held back. */
  readonly heldBack: number;
  /** Share of a host's cores that something else used. */
  readonly strangers: number;
  /** Share of the requests that failed. */
  readonly failures: number;
}

export const fitted: Thresholds = {
  serverFull: 0.9,
  generatorFull: 0.9,
  ceiling: 0.85,
  throttled: 0.05,
  backoff: 0.1,
  blocked: 0.08,
  portFailures: 0.005,
  linkFull: 0.85,
  heldBack: 0.02,
  strangers: 0.1,
  failures: 0.01,
};
