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

/**
 * Becomes a command line, where its packages are there; otherwise it says what is missing, with exit code 2. `load` imports
 * the command: a static import of it would look for npm packages before anything could be said.
 */
export async function runCommandLine(
  load: () => Promise<{ main(args: readonly string[]): Promise<number> }>,
): Promise<void> {
  const problem = setupProblem(join(import.meta.dirname, '..'));
  if (problem === null) {
    const { main } = await load();
    process.exitCode = await main(process.argv.slice(2));
  } else {
    console.error(problem);
    process.exitCode = 2;
  }
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
