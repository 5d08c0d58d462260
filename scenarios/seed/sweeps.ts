import type { PlanShape } from '../../harness/core/plan-shape.ts';
import type { ScenarioInput } from '../../harness/core/scenario.ts';

/** The servers that sweeps are made with, by the names that hypotheses have for them. */
export const servers = {
  serial: { id: 'serial', label: 'blocking-serial', plugin: 'blocking-serial' },
  single: { id: 'single', label: 'epoll-single', plugin: 'epoll-single' },
  prefork: { id: 'prefork', label: 'epoll-prefork', plugin: 'epoll-prefork' },
  prefork1: {
    id: 'prefork-1',
    label: 'epoll-prefork (1 worker)',
    plugin: 'epoll-prefork',
    params: { workers: 1 },
  },
  prefork2: {
    id: 'prefork-2',
    label: 'epoll-prefork (2 workers)',
    plugin: 'epoll-prefork',
    params: { workers: 2 },
  },
} satisfies Record<string, ScenarioInput['variants'][number]>;

/** A queue that holds all clients, for what is not about the queue. */
export const roomy = { backlog: 4096 };

const shape = (blocks: number, warmupMs: number, windowMs: number): PlanShape => ({
  blocks,
  windows: [{ fromConcurrency: 1, warmupMs, windowMs }],
  drainMs: 200,
});

/** Windows of so many milliseconds; `quick` shows the way of things, with intervals that are wide. */
export const sweepPlans = (windowMs: number, blocks = 3): ScenarioInput['plans'] => ({
  full: shape(blocks, 400, windowMs),
  quick: shape(3, 150, 500),
});
