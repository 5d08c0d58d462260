import { UserError } from './errors.ts';
import { noRate, openLoopParams, ratedLoads } from './open-loop.ts';
import type { LoadChoice } from './scenario.ts';

/** Throws UserError for a parameter of the load choice that is none of `known`. */
export function checkLoadParams(choice: LoadChoice, known: readonly string[] = []): void {
  for (const name of Object.keys(choice.params)) {
    if (known.includes(name)) continue;
    if (name === openLoopParams.rate) throw new UserError(noRate(choice.id), ratedLoads);
    throw new UserError(
      `load ${choice.id} has no parameter "${name}"`,
      known.length === 0 ? 'remove it from the scenario' : `it has: ${known.join(', ')}`,
    );
  }
}
