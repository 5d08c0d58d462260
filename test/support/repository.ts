import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export const repository = join(import.meta.dirname, '../..');

/** Directories that git ignores, for a copy that is no git clone. */
const ignored = new Set(['.git', 'node_modules', 'build', 'coverage']);

/** Files below `directory`, as paths from the top of the repository. */
export function filesBelow(directory: string): string[] {
  return readdirSync(join(repository, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(repository.length + 1))
    .sort();
}

/** Files that belong to the repository: git's list where there is git, otherwise all but what git would ignore. */
export function trackedFiles(): string[] {
  try {
    return execFileSync('git', ['ls-files', '-z'], { cwd: repository, encoding: 'utf8', stdio: 'pipe' })
      .split('\0')
      .filter((path) => path !== '');
  } catch {
    return readdirSync(repository, { withFileTypes: true })
      .filter((entry) => !ignored.has(entry.name))
      .flatMap((entry) => (entry.isDirectory() ? filesBelow(entry.name) : [entry.name]));
  }
}
