import { join, relative, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';
import { findRuns } from '../effects/results.ts';

/** A directory as it is, or the newest run of a scenario of that name. Throws UserError where there is none. */
export async function directoryOf(name: string, resultsDir: string): Promise<string> {
  if (name.includes('/')) return resolve(name);
  const runs = await findRuns(join(resolve(resultsDir), '.'));
  const newest = runs
    .filter((directory) => relative(resolve(resultsDir), directory).startsWith(`${name}/`))
    .at(-1);
  if (newest !== undefined) return newest;
  throw new UserError(
    `there is no run of "${name}" in ${resultsDir}`,
    'name a scenario that has one, or the directory of a run: results/<scenario>/<run>',
  );
}
