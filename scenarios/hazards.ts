import { defineScenario } from '../harness/core/scenario.ts';
import { sweep } from '../harness/core/sweep.ts';
import { servers } from './seed/sweeps.ts';

const connections = 50;

/**
 * The sixteen ways in which a parent can notify a worker. A parent that watches its listening socket level-triggered
 * writes as long as anybody waits in the queue, which is far faster than a worker reads.
 */
const ways = sweep([
  { name: 'notify-channel', of: 'server', values: ['socketpair', 'pipe'] },
  { name: 'notify', of: 'server', values: ['nonblocking', 'blocking'] },
  { name: 'notify-trigger', of: 'server', values: ['level', 'edge'] },
  { name: 'notify-read', of: 'server', values: ['one', 'drain'] },
]);

/**
 * The prediction. The parent can only be stuck where its send blocks. A blocked send goes on when the worker has made
 * room, and one notice of four bytes makes none: a pipe needs a whole free page, a socketpair three free quarters of its
 * buffer. So the worker must read on. Level-triggered it wakes again while anything is left; draining it reads all; but
 * edge-triggered, reading one, it sleeps until a new notice comes, which the parent cannot send.
 */
const deadlocks = ways.filter(
  ({ factors }) =>
    factors?.['notify'] === 'blocking' &&
    factors['notify-trigger'] === 'edge' &&
    factors['notify-read'] === 'one',
);
const safe = ways.filter((way) => !deadlocks.includes(way));

/** An edge tells that connections have arrived, not how many; what a worker leaves behind nobody tells again. */
const batches = sweep([
  { name: 'listen-trigger', of: 'server', values: ['level', 'edge'] },
  { name: 'accept-batch', of: 'server', values: [1, 2, 100] },
  { name: 'backlog', of: 'server', values: [5, 128] },
]);
const trigger = (listen: 'level' | 'edge', batch: number, ...backlogs: number[]) => ({
  variant: 'prefork-1',
  condition: backlogs.map((backlog) => `listen-trigger-${listen}-accept-batch-${batch}-backlog-${backlog}`),
  concurrencies: [connections],
});

const shape = {
  blocks: 3,
  windows: [{ fromConcurrency: 1, warmupMs: 300, windowMs: 1000 }],
  drainMs: 400,
};

/** Which ways to notify deadlock, and when an edge-triggered parent leaves connections waiting. */
export default defineScenario({
  name: 'hazards',
  title: 'Ways to notify a worker',
  question:
    'A parent tells its worker by a notice that somebody waits. For which channel, trigger and way of reading can the two wait for each other for ever, and when does a parent that is told of arrivals only once leave connections waiting?',
  variants: [servers.prefork1],
  baseline: 'prefork-1',
  concurrencies: [connections],
  conditions: [...ways, ...batches],
  hosts: { tomCores: 1, jerryCores: 1 },
  probes: ['netstat', 'cpu', 'counters', 'standstill'],
  plans: { full: shape, quick: { ...shape, blocks: 3 } },
  hypotheses: [
    {
      id: 'deadlock',
      question: 'H1',
      claim:
        'Parent and worker wait for each other for ever where the channel blocks, is watched edge-triggered and one notice is read at a time; with either channel, and in no other of the sixteen ways.',
      source: 'the note, which makes the channel non-blocking for that reason',
      tests: [
        {
          id: 'predicted',
          what: `the ${deadlocks.length} ways that are to deadlock: share of the repeats that do`,
          figure: 'deadlocked',
          of: {
            variant: 'prefork-1',
            condition: deadlocks.map(({ id }) => id),
            concurrencies: [connections],
          },
          supports: { atLeast: 1 },
          refutes: { atMost: 0.9 },
        },
        {
          id: 'others',
          what: `the ${safe.length} others: share of the repeats that deadlock`,
          figure: 'deadlocked',
          of: { variant: 'prefork-1', condition: safe.map(({ id }) => id), concurrencies: [connections] },
          supports: { atMost: 0 },
          refutes: { atLeast: 0.01 },
        },
      ],
      conclude: {
        supported:
          'For a blocking channel that is watched edge-triggered and read one notice at a time, be it a socketpair or a pipe: {predicted} of the repeats deadlock there, {others} in the other ways. With any one of the three changed, none of the repeats deadlocked.',
        refuted:
          'The prediction (blocking, edge-triggered, one notice at a time) does not hold: there {predicted} of the repeats deadlock, in the other ways {others}.',
        undecided:
          'Of the ways that were predicted (blocking, edge-triggered, one notice at a time) {predicted} of the repeats deadlock, of the others {others}: not decided.',
      },
    },
    {
      id: 'left-waiting',
      question: 'H2',
      claim:
        'A parent that is told of arrivals once (edge-triggered) leaves connections waiting where a worker accepts fewer than arrived for each notice, and none where it accepts until nobody is left.',
      source: "the note's sentence about the level-triggered parent, which breaks off; this is our reading",
      tests: [
        {
          id: 'one',
          what: 'edge-triggered, one accept for each notice, backlog 128: connections left waiting',
          figure: 'waitingAtEnd',
          of: trigger('edge', 1, 128),
          supports: { atLeast: 1 },
          refutes: { atMost: 0.5 },
        },
        {
          id: 'all',
          what: 'edge-triggered, 100 accepts for each notice: connections left waiting',
          figure: 'waitingAtEnd',
          of: trigger('edge', 100, 5, 128),
          supports: { atMost: 0 },
          refutes: { atLeast: 0.5 },
        },
        {
          id: 'level',
          what: 'level-triggered, one accept for each notice: connections left waiting',
          figure: 'waitingAtEnd',
          of: trigger('level', 1, 5, 128),
          supports: { atMost: 0 },
          refutes: { atLeast: 0.5 },
        },
      ],
      conclude: {
        supported:
          'Yes, where a worker takes fewer connections for a notice than have arrived: with one accept for each notice {one} are left waiting (backlog 128); with 100, more than ever arrive at once, {all}; and a level-triggered parent leaves {level} even with one.',
        refuted:
          'Not as we read it: with one accept for each notice an edge-triggered parent leaves {one} waiting (backlog 128), with 100 {all}; a level-triggered one with one accept {level}.',
        undecided:
          'With one accept for each notice an edge-triggered parent leaves {one} waiting (backlog 128), with 100 {all}; a level-triggered one with one accept {level}: not decided.',
      },
    },
  ],
});
