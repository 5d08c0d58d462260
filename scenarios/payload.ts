import { defineScenario } from '../harness/core/scenario.ts';
import { sweep } from '../harness/core/sweep.ts';
import { roomy, servers, sweepPlans } from './seed/sweeps.ts';

const mib = 1024 * 1024;
/** Bytes a second that each slow reader takes: a megabyte lasts it 50 ms. */
const slow = 20_000_000;

const at = (variant: string, bytes: number, readRate: number) => ({
  variant,
  condition: `response-bytes-${bytes}-read-rate-${readRate}`,
  concurrencies: [5],
});

const withSmallBuffer = (variant: string, bytes: number) => ({
  variant,
  condition: `response-bytes-${bytes}-read-rate-${slow}-wmem-4096-4096-4096`,
  concurrencies: [5],
});

/** From which response size on a write blocks a serial server, for clients that read at once and for slow ones. */
export default defineScenario({
  name: 'payload',
  title: 'The size of the response',
  question:
    'A write only blocks when the socket buffer is full, and 66 bytes fill none. From which size of the response does a blocking write hold up a serial server, so that non-blocking sockets pay, and what if clients read slowly?',
  variants: [servers.serial, servers.prefork1],
  baseline: 'serial',
  concurrencies: [5],
  conditions: sweep(
    [
      {
        name: 'response-bytes',
        of: 'server',
        values: [66, 4096, 16_384, 65_536, 262_144, mib, 4 * mib],
      },
      { name: 'read-rate', of: 'load', values: [0, slow] },
    ],
    { variantParams: roomy },
  ).concat(
    // With a send buffer that never grows.
    sweep(
      [
        { name: 'response-bytes', of: 'server', values: [66, 16_384, 262_144] },
        { name: 'read-rate', of: 'load', values: [slow] },
        { name: 'wmem', of: 'tom', param: 'net.ipv4.tcp_wmem', values: ['4096 4096 4096'] },
      ],
      { variantParams: roomy },
    ),
  ),
  hosts: { tomCores: 1, jerryCores: 1 },
  plans: sweepPlans(2000),
  hypotheses: [
    {
      id: 'no-block',
      question: 'P2b',
      claim:
        'With 66 bytes no write blocks, so non-blocking sockets gain nothing; with a megabyte and clients that read slowly they do.',
      source: 'the note, about phenomenon 2',
      tests: [
        {
          id: 'small',
          what: 'clients that read slowly, 66 bytes: prefork with 1 worker over serial',
          figure: 'requestsPerSecond',
          of: at('prefork-1', 66, slow),
          over: at('serial', 66, slow),
          supports: { atMost: 1.1 },
          refutes: { atLeast: 1.2 },
        },
        {
          id: 'large',
          what: 'clients that read slowly, 1 MiB: prefork with 1 worker over serial',
          figure: 'requestsPerSecond',
          of: at('prefork-1', mib, slow),
          over: at('serial', mib, slow),
          supports: { atLeast: 1.5 },
          refutes: { atMost: 1.2 },
        },
      ],
      conclude: {
        supported:
          'At 66 bytes non-blocking sockets gain nothing ({small} of the serial throughput); for clients that read 20 MB a second they gain {large} at 1 MiB.',
        refuted:
          'Not as claimed: for clients that read 20 MB a second the pre-forked server has {small} of the serial throughput at 66 bytes, {large} at 1 MiB.',
        undecided:
          'For clients that read 20 MB a second the pre-forked server has {small} of the serial throughput at 66 bytes, {large} at 1 MiB: not decided.',
      },
    },
    {
      id: 'from-where',
      question: 'P2b',
      claim:
        'A write holds the serial server up once a response is longer than what the buffers between the two hosts take at once: for clients that read slowly at 256 KiB, not yet at 64 KiB.',
      source: 'ours, from an earlier run',
      tests: [
        {
          id: 'fits',
          what: 'clients that read slowly, 64 KiB: prefork with 1 worker over serial',
          figure: 'requestsPerSecond',
          of: at('prefork-1', 65_536, slow),
          over: at('serial', 65_536, slow),
          supports: { atMost: 1.1 },
          refutes: { atLeast: 1.2 },
        },
        {
          id: 'longer',
          what: 'clients that read slowly, 256 KiB: prefork with 1 worker over serial',
          figure: 'requestsPerSecond',
          of: at('prefork-1', 262_144, slow),
          over: at('serial', 262_144, slow),
          supports: { atLeast: 1.2 },
          refutes: { atMost: 1.1 },
        },
        {
          id: 'small-buffer',
          what: 'the same with a send buffer of 4 KiB that never grows, 256 KiB',
          figure: 'requestsPerSecond',
          of: withSmallBuffer('prefork-1', 262_144),
          over: withSmallBuffer('serial', 262_144),
          supports: { atLeast: 1.2 },
          refutes: { atMost: 1.1 },
        },
      ],
      conclude: {
        supported:
          'Between 64 KiB and 256 KiB, where clients read 20 MB a second: non-blocking sockets bring {fits} of the serial throughput at 64 KiB, {longer} at 256 KiB, and {small-buffer} there with a send buffer of 4 KiB.',
        refuted:
          'Not between 64 KiB and 256 KiB: where clients read 20 MB a second, non-blocking sockets bring {fits} of the serial throughput at 64 KiB, {longer} at 256 KiB, {small-buffer} there with a send buffer of 4 KiB.',
        undecided:
          'Where clients read 20 MB a second, non-blocking sockets bring {fits} of the serial throughput at 64 KiB, {longer} at 256 KiB, {small-buffer} there with a send buffer of 4 KiB: not decided.',
      },
    },
  ],
});
