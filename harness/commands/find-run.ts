import { existsSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';
import { subjectOf } from '../core/manifest.ts';
import { commitNamed } from '../effects/commits.ts';
import { findRuns, readManifest } from '../effects/results.ts';

/** A directory as it is, or the newest run of a scenario of that name. Throws UserError where there is none. */
export async function directoryOf(name: string, resultsDir: string): Promise<string> {
  if (name.includes('/')) return resolve(name);
  const newest = await newestOf(name, resultsDir);
  if (newest !== undefined) return newest;
  throw new UserError(
    `there is no run of "${name}" in ${resultsDir}`,
    'name a scenario that has one, or the directory of a run: results/<scenario>/<run>',
  );
}

async function newestOf(scenario: string, resultsDir: string): Promise<string | undefined> {
  const runs = await findRuns(join(resolve(resultsDir), '.'));
  return runs
    .filter((directory) => relative(resolve(resultsDir), directory).startsWith(`${scenario}/`))
    .at(-1);
}

/**
 * The runs that a name stands for: a directory, the newest run of a scenario, or of a git commit the newest run of each
 * scenario and load that was measured with it. Throws UserError where there is none.
 */
export async function directoriesOf(name: string, resultsDir: string): Promise<string[]> {
  if (existsSync(join(resolve(name), 'manifest.json'))) return [resolve(name)];
  const ofScenario = await newestOf(name, resultsDir);
  if (ofScenario !== undefined) return [ofScenario];
  const commit = await commitNamed(name);
  if (commit === null && name.includes('/')) return [await directoryOf(name, resultsDir)];
  const measured = await runsOfCommit(commit ?? name, resultsDir);
  if (measured.length > 0) return measured;
  throw new UserError(
    commit === null
      ? `"${name}" is no run, no scenario with a run in ${resultsDir}, and no git commit`
      : `no run in ${resultsDir} was measured with commit ${commit.slice(0, 12)}`,
    'name the directory of a run: results/<scenario>/<run>',
  );
}

async function runsOfCommit(commit: string, resultsDir: string): Promise<string[]> {
  if (!/^[0-9a-f]{7,40}$/.test(commit)) return [];
  const newest = new Map<string, string>();
  for (const directory of await findRuns(resolve(resultsDir))) {
    const manifest = await readManifest(join(directory, 'manifest.json'));
    if (manifest.git.commit?.startsWith(commit) !== true) continue;
    const key = subjectOf(manifest);
    const other = newest.get(key);
    // Their names begin with the time.
    if (other === undefined || basename(other) < basename(directory)) newest.set(key, directory);
  }
  return [...newest.values()];
}
