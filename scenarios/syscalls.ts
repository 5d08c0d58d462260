import { defineScenario } from '../harness/core/scenario.ts';
import { servers, sweepPlans } from './seed/sweeps.ts';

const usual = ['netstat', 'cpu', 'counters'];
const timed = (variant: string, ...concurrencies: number[]) => ({
  variant,
  condition: 'timed-in-the-kernel',
  concurrencies,
});

/** What the seed's serial server took longer for a request at 10 clients than at 5, by its pages a minute. */
const longerUs = 60e6 / 30_444 - 60e6 / 123_714;
/** What its note says that writev and close took longer together. */
const longerCallsUs = 2 * 20;

const slower = { supports: { atLeast: 1.25 }, refutes: { atMost: 1.1 } };

/** What writev, close and accept cost a request, in time on the CPU and by the clock. */
export default defineScenario({
  name: 'syscalls',
  title: 'What the system calls cost',
  question:
    'The note saw writev and close take longer at 10 clients than at 5 (strace -c) and suspected them. How long do they take, by the clock and on the CPU, at 5, 10 and 50 clients, and how much of a request is that?',
  variants: [servers.serial, servers.single, servers.prefork1],
  baseline: 'serial',
  concurrencies: [5, 10, 50],
  conditions: [
    { id: 'untraced', label: 'untraced', probes: usual },
    {
      id: 'timed-in-the-kernel',
      label: 'timed in the kernel (eBPF, by the clock)',
      probes: [...usual, 'syscall-times'],
    },
    { id: 'strace', label: 'strace -c (time on the CPU)', probes: [...usual, 'strace'] },
    { id: 'strace-wall', label: 'strace -c -w (by the clock)', probes: [...usual, 'strace-wall'] },
  ],
  hosts: { tomCores: 1, jerryCores: 1 },
  plans: sweepPlans(1500, 6),
  hypotheses: [
    {
      id: 'slower-calls',
      question: 'P1a',
      claim:
        'With more clients writev and close get slower, and that is why the serial server loses throughput between 5 and 10 clients.',
      source: 'the note, its first guess: about 20 µs more for each call (strace -c)',
      tests: [
        {
          id: 'writev',
          what: 'serial: time in a writev at 10 clients over that at 5',
          figure: 'writevUsPerCall',
          of: timed('serial', 10),
          over: timed('serial', 5),
          ...slower,
        },
        {
          id: 'close',
          what: 'serial: time in a close at 10 clients over that at 5',
          figure: 'closeUsPerCall',
          of: timed('serial', 10),
          over: timed('serial', 5),
          ...slower,
        },
        {
          id: 'share',
          what: 'serial at 10 clients: share of the time of a request that the two calls take',
          figure: 'writevAndCloseShare',
          of: timed('serial', 10),
          supports: { atLeast: 0.6 },
          refutes: { atMost: 0.5 },
        },
      ],
      conclude: {
        supported:
          'At 10 clients a writev takes {writev} and a close {close} of the time that it takes at 5, and the two make {share} of a request: they explain a fall.',
        refuted:
          'No: at 10 clients a writev takes {writev} and a close {close} of the time that it takes at 5, and the two make {share} of a request.',
        undecided:
          'At 10 clients a writev takes {writev} and a close {close} of the time that it takes at 5, and the two make {share} of a request: too uncertain to decide.',
      },
      caveat: `By the note's own figures the guess does not suffice either: ${longerCallsUs} µs more for the two calls, and ${longerUs.toFixed(0)} µs more for a request. Timing the calls slows the server down somewhat; ratios within the same condition are compared.`,
    },
    {
      id: 'bottleneck',
      question: 'P2a',
      claim: 'writev and close take the greater part of a request below the fall, in both servers.',
      source: 'the note, about phenomenon 2',
      tests: [
        {
          id: 'serial',
          what: 'serial at 5 clients: share of a request in writev and close',
          figure: 'writevAndCloseShare',
          of: timed('serial', 5),
          supports: { atLeast: 0.5 },
          refutes: { atMost: 0.4 },
        },
        {
          id: 'prefork',
          what: 'prefork, 1 worker, at 5 clients: share of a request in writev and close',
          figure: 'writevAndCloseShare',
          of: timed('prefork-1', 5),
          supports: { atLeast: 0.5 },
          refutes: { atMost: 0.4 },
        },
      ],
      conclude: {
        supported:
          'They are the largest part: {serial} of a request of the serial server, {prefork} of the pre-forked one.',
        refuted:
          'They are not the greater part of both: {serial} of a request of the serial server, {prefork} of one of the pre-forked.',
        undecided:
          'They take {serial} of a request of the serial server, {prefork} of one of the pre-forked: not decided.',
      },
      caveat:
        'Time in a call holds the time in which interrupts were handled there: on one core, TCP receives in them.',
    },
    {
      id: 'cheaper-under-epoll',
      question: 'A3',
      claim:
        'A server of one process with epoll bears many clients because writing and closing take less time there.',
      source: 'the note, third observation',
      tests: [
        {
          id: 'writev',
          what: 'at 50 clients: time in the write of a response, epoll in one process over serial',
          figure: 'writevUsPerCall',
          of: timed('single', 50),
          over: timed('serial', 50),
          supports: { atMost: 0.85 },
          refutes: { atLeast: 0.95 },
        },
        {
          id: 'close',
          what: 'at 50 clients: time in a close, epoll in one process over serial',
          figure: 'closeUsPerCall',
          of: timed('single', 50),
          over: timed('serial', 50),
          supports: { atMost: 0.85 },
          refutes: { atLeast: 0.95 },
        },
      ],
      conclude: {
        supported:
          'Both calls are shorter there: at 50 clients a write takes a single process with epoll {writev}, a close {close} of the time that it takes the serial server.',
        refuted:
          'That is not the reason: at 50 clients a write takes a single process with epoll {writev}, a close {close} of the time that it takes the serial server.',
        undecided:
          'At 50 clients a write takes a single process with epoll {writev}, a close {close} of the time that it takes the serial server: not decided.',
      },
    },
  ],
});
