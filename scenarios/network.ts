import { defineScenario } from '../harness/core/scenario.ts';
import { roomy, servers, sweepPlans } from './seed/sweeps.ts';

const at = (variant: string, condition: string) => ({ variant, condition, concurrencies: [50] });

/** How much of the link the servers use, and how narrow it must be to hold them up. */
export default defineScenario({
  name: 'network',
  title: 'The link between the hosts',
  question: 'How much of the link do short responses use, and how narrow must it be to be the limit?',
  variants: [servers.serial, servers.prefork1],
  baseline: 'serial',
  concurrencies: [50],
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
        'The network is not the bottleneck: the test uses a small part of the link, and a narrower one changes nothing.',
      source: 'the note: iperf 2,000 Mb/s, iftop 5 Mb/s',
      tests: [
        {
          id: 'use',
          what: "serial, 50 clients: what the server's side sends",
          figure: 'linkMbitPerSecond',
          of: at('serial', 'unlimited'),
          supports: { atMost: 200 },
          refutes: { atLeast: 1000 },
        },
        {
          id: 'narrower',
          // With the limiter on both sides: it costs something itself, however wide the link.
          what: 'serial: throughput over a link of 100 Mbit/s over that over one of 10 Gbit/s',
          figure: 'requestsPerSecond',
          of: at('serial', 'mbit-100'),
          over: at('serial', 'mbit-10000'),
          supports: { atLeast: 0.9 },
          refutes: { atMost: 0.8 },
        },
      ],
      conclude: {
        supported:
          "It is not: the server's side sends {use}, and a link of 100 Mbit/s leaves {narrower} of the throughput of one of 10 Gbit/s.",
        refuted:
          "It matters here: the server's side sends {use}, and a link of 100 Mbit/s leaves {narrower} of the throughput of one of 10 Gbit/s.",
        undecided:
          "The server's side sends {use}, and a link of 100 Mbit/s leaves {narrower} of the throughput of one of 10 Gbit/s: not decided.",
      },
    },
  ],
});
