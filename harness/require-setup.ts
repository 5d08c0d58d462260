import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Imported before anything else by the command lines, so that a clone without its packages is told so instead of
 * answering with a stack trace. Only Node's own modules may be imported here.
 */

/** What must be said about the npm packages of the clone at `root`: null when all are there in the right version. */
export function setupProblem(root: string): string | null {
  const dependencies = Object.entries(readPackage(root)?.dependencies ?? {});
  const wrong = dependencies.flatMap(([name, wanted]) => {
    const installed = readPackage(join(root, 'node_modules', name))?.version;
    if (installed === undefined) return [name];
    return installed === wanted ? [] : [`${name} (${installed}, needed is ${wanted})`];
  });
  if (wrong.length === 0) return null;
  return [
    wrong.length === dependencies.length
      ? 'error: the npm packages are not installed'
      : `error: npm packages are missing or out of date: ${wrong.join(', ')}`,
    'remedy: npm run setup (npm packages, Debian packages, native programs), or only the first of these: npm ci',
  ].join('\n');
}

interface PackageFile {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function readPackage(directory: string): PackageFile | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as PackageFile;
  } catch {
    return null;
  }
}
