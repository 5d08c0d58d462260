/*
 * usage: npm run fuzz -- [--seconds N] [--minimise]
 *
 * Fuzzes the request parser of the servers for N seconds (60), with one process. --minimise then replaces the kept
 * corpus with the smallest one that reaches as much. Exit code 1: an input was found on which a property does not
 * hold; it is kept in build/fuzz. 2: bad input, or clang is missing.
 */
import { parseArgs } from 'node:util';
import { buildFuzzer, fuzz, minimise, missingForFuzzing, type FuzzResult } from './fuzz/fuzzer.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  const options = parseOptions();
  if (options === null) return 2;
  const missing = missingForFuzzing();
  if (missing.length > 0) {
    console.error(`error: the fuzzer needs clang\nremedy: apt-get install ${missing.join(' ')}`);
    return 2;
  }
  if (!succeeded(await buildFuzzer(), 'the fuzzer does not compile')) return 1;

  const fuzzed = await fuzz(options.seconds);
  if (!succeeded(fuzzed, 'see build/fuzz/finding-*')) return 1;
  console.log(
    fuzzed.output
      .split('\n')
      .filter((line) => /^(Done|stat::)/.test(line))
      .join('\n'),
  );
  return !options.minimise || succeeded(await minimise(), 'the corpus could not be minimised') ? 0 : 1;
}

function parseOptions(): { seconds: number; minimise: boolean } | null {
  try {
    const { values } = parseArgs({
      options: { seconds: { type: 'string', default: '60' }, minimise: { type: 'boolean', default: false } },
    });
    const seconds = Number(values.seconds);
    if (Number.isSafeInteger(seconds) && seconds > 0) return { seconds, minimise: values.minimise };
    console.error(`error: --seconds: "${values.seconds}" is not a whole number above 0`);
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
  console.error('remedy: npm run fuzz -- --seconds 600');
  return null;
}

function succeeded({ ok, output }: FuzzResult, failure: string): boolean {
  if (!ok) console.error(`${output.trimEnd()}\n${failure}`);
  return ok;
}
