import path from 'node:path';
import { execa } from 'execa';

export const sanitized = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** Compiles one of the tests' own C++ programs into a directory; resolves with its path. */
export async function buildProbe(
  source: string,
  directory: string,
  flags: readonly string[] = [],
): Promise<string> {
  const program = path.join(directory, path.basename(source, '.cc'));
  const warnings = ['-Wall', '-Wextra', '-Werror'];
  await execa('g++', ['-std=c++20', '-O1', '-I.', ...warnings, ...flags, source, '-o', program]);
  return program;
}
