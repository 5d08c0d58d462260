import { beforeAll, describe, expect, it } from 'vitest';
import { buildFuzzer, fuzz, missingForFuzzing } from '../../scripts/fuzz/fuzzer.ts';

const seconds = 20;

describe('the request parser under its fuzzer', () => {
  const missing = missingForFuzzing();

  beforeAll(async () => {
    if (missing.length > 0) return;
    const { ok, output } = await buildFuzzer();
    if (!ok) throw new Error(`the fuzzer does not compile:\n${output}`);
  });

  it(`keeps its properties for ${seconds} seconds`, async (context) => {
    if (missing.length > 0) context.skip(`the fuzzer needs clang: apt-get install ${missing.join(' ')}`);
    const { ok, output } = await fuzz(seconds);
    expect(ok, output).toBe(true);
    // It has run at all, and not only through the corpus.
    expect(Number(/^Done (\d+) runs/m.exec(output)?.[1])).toBeGreaterThan(1000);
  });
});
