/** What a scenario, and the command line that changes it, may ask for. */
export const limits = {
  concurrency: 20_000,
  blocks: 100,
  shortestWindowMs: 100,
  longestWindowMs: 120_000,
  requestsPerConnection: 1_000_000_000,
  jerries: 32,
} as const;
