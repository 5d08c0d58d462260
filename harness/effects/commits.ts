import { execa } from 'execa';
import { projectRoot } from './machine.ts';

/** The full hash of a revision of this clone, such as HEAD~1; null where git does not know it. */
export async function commitNamed(revision: string): Promise<string | null> {
  const { exitCode, stdout } = await execa(
    'git',
    ['-C', projectRoot, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`],
    { reject: false },
  );
  return exitCode === 0 ? stdout.trim() : null;
}
