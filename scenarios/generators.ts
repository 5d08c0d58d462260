import { defineScenario } from '../harness/core/scenario.ts';

const cheaperThanWrk = {
  load: 'uring',
  figure: 'CPU time a request',
  limitedBy:
    'What limits uring is in docs/generator-profile.md: nearly all of its time is the kernel making and closing connections, which wrk needs as well.',
} as const;

/** What each load generator can do, and what a request costs it, against the cheapest server that can be written. */
export default defineScenario({
  name: 'generators',
  title: 'Load generators against the cheapest server',
  question:
    'Which load generator leaves most of the CPU time to the servers that it measures? uring should take at most half of the CPU time of wrk for a request at 50 connections, and at most two thirds at 1000 and at 10,000.',
  variants: [{ id: 'sink', label: 'sink', plugin: 'sink', params: { backlog: 16_384 } }],
  baseline: 'sink',
  loads: ['uring', 'epoll', 'processes', 'wrk', 'ab', 'h2load', 'autocannon'].map((id) => ({ id })),
  referenceLoad: 'wrk',
  loadTargets: [
    { ...cheaperThanWrk, concurrencies: [50], atMost: 0.5 },
    { ...cheaperThanWrk, concurrencies: [1000, 10_000], atMost: 0.667 },
  ],
  concurrencies: [50, 1000, 10_000],
  // A listen queue that holds all clients: what is compared are the loads, not their retransmissions.
  hosts: { tomCores: 1, jerryCores: 1, tomSysctls: { 'net.core.somaxconn': 16_384 } },
  // It is the sink that a ceiling is measured against.
  ceiling: false,
  plans: {
    full: { blocks: 7, windows: windows(5000), drainMs: 500 },
    quick: { blocks: 5, windows: windows(1500), drainMs: 200 },
  },
});

/** Thousands of connections are opened one after the other, and need their time before they count. */
function windows(windowMs: number) {
  return [
    { fromConcurrency: 1, warmupMs: 500, windowMs },
    { fromConcurrency: 10_000, warmupMs: 3000, windowMs },
  ];
}
