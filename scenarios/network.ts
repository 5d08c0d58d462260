import { defineScenario } from '../harness/core/scenario.ts';
import { roomy, servers, sweepPlans } from './seed/sweeps.ts';

const at = (variant: string, condition: string) => ({ variant, condition, concurrencies: [5] });

/** How much of the link the servers use, and how narrow it must be to hold them up. */
export default defineScenario({
  name: 'network',
  title: 'The link between the hosts',
  question: 'How much of the link do short responses use, and how narrow must it be to be the limit?',
  variants: [servers.serial, servers.prefork1],
  baseline: 'serial',
  // Where the generator has time to spare: with 50 it was the limit, and as unsteady as the figures then are.
  concurrencies: [5],
  conditions: [
    { id: 'unlimited', label: 'unlimited', factors: { 'mbit/s': 'unlimited' }, variantParams: roomy },
    ...[10_000, 1000, 100, 20, 5].map((mbit) => ({
      id: `mbit-${mbit}`,
      label: `${mbit} Mbit/s`,
      factors: { 'mbit/s': mbit },
      variantParams: roomy,
      disturbances: [{ plugin: 'link-limit', params: { mbit } }],
    })),
  ],
  hosts: { tomCores: 1, jerryCores: 1 },
  plans: sweepPlans(1500, 6),
  hypotheses: [
    {
      id: 'not-the-link',
      question: 'P2a',
      claim:
        'The network is not the bottleneck: the test uses a small part of the link, and one half as wide as that of the seed changes nothing.',
      source: 'the note: iperf 2,000 Mb/s, iftop 5 Mb/s',
      tests: [
        {
          id: 'use',
          what: "serial, 5 clients: what the server's side sends",
          figure: 'linkMbitPerSecond',
          of: at('serial', 'unlimited'),
          supports: { atMost: 200 },
          refutes: { atLeast: 1000 },
        },
        {
          id: 'narrower',
          // With the limiter on both sides: it costs something itself, however wide the link.
          what: 'serial, 5 clients: throughput over a link of 1 Gbit/s over that over one of 10 Gbit/s',
          figure: 'requestsPerSecond',
          of: at('serial', 'mbit-1000'),
          over: at('serial', 'mbit-10000'),
          supports: { atLeast: 0.9 },
          refutes: { atMost: 0.8 },
        },
      ],
      conclude: {
        supported:
          "The network is not: at 5 clients the serial server's side sends {use}, and a link of 1 Gbit/s leaves {narrower} of the throughput of one of 10 Gbit/s.",
        refuted:
          "The network matters here: at 5 clients the serial server's side sends {use}, and a link of 1 Gbit/s leaves {narrower} of the throughput of one of 10 Gbit/s.",
        undecided:
          "At 5 clients the serial server's side sends {use}, and a link of 1 Gbit/s leaves {narrower} of the throughput of one of 10 Gbit/s: not decided.",
      },
    },
  ],
});
