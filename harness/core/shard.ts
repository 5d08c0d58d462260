import { UserError } from './errors.ts';
import type { PlannedRepeat } from './manifest.ts';
import type { Plan } from './plan.ts';

/** A part of a plan that is measured on a machine of its own: the `index`-th, from 1, of so many. */
export interface ShardChoice {
  readonly index: number;
  readonly of: number;
}

/**
 * What a shard makes of a plan. Blocks are dealt out whole and by turns, so that what is compared within a block was
 * measured on one machine, and no shard has more than one block more than another; traced repeats are dealt out
 * by turns as well. Ceilings belong to the machine, so every shard measures them for itself. What a shard keeps of the
 * plan it keeps with its name, its block and its place; only ceilings are named after their shard.
 *
 * Throws UserError where the plan has not so many blocks.
 */
export function partOfPlan(plan: Plan, shard: ShardChoice): Plan {
  const timed = plan.repeats.filter(({ pass }) => pass === 'timed');
  const blocks = new Set(timed.map(({ block }) => block)).size;
  if (shard.of > blocks) {
    throw new UserError(
      `--shard: ${shard.of} shards cannot share a plan of ${blocks === 1 ? 'one block' : `${blocks} blocks`}`,
      `ask for at most ${blocks}, or for more blocks with --repeats`,
    );
  }
  const traced = plan.repeats.filter(({ pass }) => pass === 'traced');
  const isOwn = (repeat: PlannedRepeat): boolean => {
    if (repeat.pass === 'ceiling') return true;
    const turn = repeat.pass === 'timed' ? repeat.block - 1 : traced.indexOf(repeat);
    return turn % shard.of === shard.index - 1;
  };
  const repeats = plan.repeats
    .filter(isOwn)
    .map((repeat) =>
      repeat.pass === 'ceiling' ? { ...repeat, repeatId: `${repeat.repeatId}-shard-${shard.index}` } : repeat,
    );
  const own = (pass: PlannedRepeat['pass']): PlannedRepeat[] =>
    repeats.filter((repeat) => repeat.pass === pass);
  const ownBlocks = new Set(own('timed').map(({ block }) => block)).size;
  const tracedShare = traced.length === 0 ? 0 : own('traced').length / traced.length;
  const estimatedMs = plan.ceilingMs + ownBlocks * plan.blockMs + tracedShare * plan.tracedMs;
  return { ...plan, repeats, estimatedMs };
}
