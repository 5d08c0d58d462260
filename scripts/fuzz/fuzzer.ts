import { mkdir } from 'node:fs/promises';
import { $, type ProcessOutput } from 'zx/core';
import { chapters } from '../../test/conformance/requirements.ts';
import { clangRequirements, find } from '../setup/packages.ts';
import { pack, readCorpus, unpack, writeCorpus } from './corpus.ts';

const program = 'build/fuzz/bin/request-parser-fuzzer';
/** What fuzzing has found worth keeping; it grows from run to run. */
const workingCorpus = 'build/fuzz/corpus';
const seeds = 'build/fuzz/seeds';
/** Longer inputs only take longer: the parser is built with limits that they reach. */
const maxBytes = '-max_len=1024';

const run = $({ nothrow: true, quiet: true, stdio: ['ignore', 'pipe', 'pipe'] });

export interface FuzzResult {
  readonly ok: boolean;
  readonly output: string;
}

/** The Debian packages without which the fuzzer can't be built here. */
export const missingForFuzzing = (): string[] =>
  clangRequirements
    .filter((requirement) => find(requirement) === null)
    .map((requirement) => requirement.debianPackage);

export async function buildFuzzer(): Promise<FuzzResult> {
  await mkdir('build', { recursive: true });
  // The lock keeps two builds at once from writing the same object files.
  return resultOf(await run`flock build/.lock make --silent -j2 BUILD=fuzz fuzzer`);
}

/** Fuzzes the request parser from the kept corpus and the requests that show how the servers keep to HTTP. */
export async function fuzz(seconds: number): Promise<FuzzResult> {
  const requests = chapters.flatMap(({ requirements }) => requirements).flatMap(({ cases }) => cases);
  await unpack([...(await readCorpus()), ...requests.map(({ bytes }) => bytes)], seeds);
  await mkdir(workingCorpus, { recursive: true });
  const options = [
    `-max_total_time=${seconds}`,
    maxBytes,
    '-dict=test/fuzz/http.dict',
    '-print_final_stats=1',
    '-artifact_prefix=build/fuzz/finding-',
  ];
  return resultOf(await run`${program} ${options} ${workingCorpus} ${seeds}`);
}

/** Makes the kept corpus the smallest that reaches what the working corpus and the seeds of the last run reach. */
export async function minimise(): Promise<FuzzResult> {
  const smallest = 'build/fuzz/smallest';
  await unpack([], smallest);
  const options = ['-merge=1', '-set_cover_merge=1', maxBytes];
  const result = resultOf(await run`${program} ${options} ${smallest} ${workingCorpus} ${seeds}`);
  if (result.ok) await writeCorpus(await pack(smallest));
  return result;
}

const resultOf = ({ ok, stdout, stderr }: ProcessOutput): FuzzResult => ({
  ok,
  output: `${stdout}${stderr}`,
});
