import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Vitest's global set-up of the `real` project: both builds of the native programs, before any test starts. */
export default async function buildNativePrograms(): Promise<void> {
  await mkdir('build', { recursive: true });
  for (const build of ['release', 'asan']) {
    // The lock keeps two test runs at once from writing the same object files.
    await run('flock', ['build/.lock', 'make', `-j${availableParallelism()}`, `BUILD=${build}`]);
  }
}
