import { defineScenario } from '../harness/core/scenario.ts';

/** What each load generator can do, and what a request costs it, against the cheapest server that can be written. */
export default defineScenario({
  name: 'generators',
  title: 'Load generators against the cheapest server',
  question:
    'Which load generator leaves most of the CPU time to the servers that it measures? At 50 connections uring should make 1.7 times the requests per second of wrk at no more than 0.6 of its CPU time a request, and epoll 1.15 times.',
  variants: [{ id: 'sink', label: 'sink', plugin: 'sink', params: { backlog: 16_384 } }],
  baseline: 'sink',
  loads: ['uring', 'epoll', 'processes', 'wrk', 'ab', 'h2load', 'autocannon'].map((id) => ({ id })),
  referenceLoad: 'wrk',
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
