import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadResultSchema } from '../../../harness/core/record.ts';
import { captured } from '../../support/captured.ts';
import { loads, requestFor, webbenchRun } from '../../support/tool-output.ts';

describe.each([
  ['ab', captured('ab/some-resets')],
  ['ab', captured('ab/bad-statuses')],
  ['autocannon', captured('autocannon/good')],
  ['h2load', captured('h2load/good')],
  ['webbench', webbenchRun('good-c1')],
  ['wrk', captured('wrk/some-resets')],
] as const)('mutilated output of %s', (id, finished) => {
  const lines = finished.stdout.split('\n');
  const mutilated = fc.oneof(
    fc.nat(finished.stdout.length).map((at) => finished.stdout.slice(0, at)),
    fc.nat(lines.length - 1).map((gone) => lines.filter((_, index) => index !== gone).join('\n')),
    fc
      .tuple(fc.nat(), fc.constantFrom('-1', '0', '7', '99999999999999999999', '1e400', 'NaN', '', '1.5'))
      .map(([which, number]) => {
        const numbers = [...finished.stdout.matchAll(/\d+(\.\d+)?/g)];
        const { index, 0: old } = numbers[which % numbers.length]!;
        return finished.stdout.slice(0, index) + number + finished.stdout.slice(index + old.length);
      }),
    fc.tuple(fc.nat(lines.length - 1), fc.nat(lines.length - 1)).map(([a, b]) => {
      const swapped = [...lines];
      [swapped[a], swapped[b]] = [lines[b]!, lines[a]!];
      return swapped.join('\n');
    }),
    fc
      .nat(finished.stdout.length)
      .map((at) => `${finished.stdout.slice(0, at)}\0${finished.stdout.slice(at)}`),
    // What another locale makes of fractions.
    fc.constant(finished.stdout.replaceAll(/(\d)\.(\d)/g, '$1,$2')),
  );

  it('gives an Error that names the tool, or a result with sound numbers', () => {
    fc.assert(
      fc.property(mutilated, (stdout) => {
        let result;
        try {
          result = loads[id]!.parse({ ...finished, stdout }, requestFor(id));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).message).toMatch(id === 'ab' ? /\bab\b/ : id);
          return;
        }
        expect(loadResultSchema.safeParse(result).error).toBeUndefined();
      }),
      { numRuns: 400 },
    );
  });
});

describe('a changed count of successes', () => {
  it.each([
    ['ab', captured('ab/good'), /^Complete requests: +\d+/m],
    ['autocannon', captured('autocannon/good'), /"window":\{"succeeded":\d+/],
    ['h2load', captured('h2load/good'), /"durationMs":[\d.]+,"succeeded":\d+/],
    ['webbench', webbenchRun('good-c3'), /^Requests: \d+/m],
    ['wrk', captured('wrk/good'), /"requests":\d+/],
  ] as const)('is not taken for one that was printed: %s', (id, finished, pattern) => {
    const request = requestFor(id, { windowMs: id === 'webbench' ? 2000 : 1000 });
    expect(() => loads[id]!.parse(finished, request)).not.toThrow();
    const number = /\d+$/;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 33 }), (other) => {
        const [printed] = pattern.exec(finished.stdout)!;
        const count = Number(number.exec(printed)![0]);
        fc.pre(Math.abs(other - count) > count / 100);
        const stdout = finished.stdout.replace(pattern, printed.replace(number, String(other)));
        expect(() => loads[id]!.parse({ ...finished, stdout }, request)).toThrow(id);
      }),
      { numRuns: 100 },
    );
  });
});
