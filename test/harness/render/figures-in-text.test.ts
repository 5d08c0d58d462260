import { describe, expect, it } from 'vitest';
import { UserError } from '../../../harness/core/errors.ts';
import { loadScenario, scenarioNames } from '../../../harness/effects/registry.ts';
import { readQuestions, readSeedTables } from '../../../harness/effects/seed-figures.ts';
import { withMeasured, withSeedFigures } from '../../../harness/render/figures-in-text.ts';

const seed = await readSeedTables();
const questions = await readQuestions();

describe('figures in the texts about questions', () => {
  it("are ratios of the seed's", () => {
    expect(withSeedFigures('to {single-core blocking-serial 10 / blocking-serial 5}.', seed)).toBe(
      'to 0.25×.',
    );
    expect(withSeedFigures('{single-core epoll-prefork-1 5 / blocking-serial 5}', seed)).toBe('0.80×');
  });

  it.each([
    'single-core blocking-serial 11 / blocking-serial 5',
    'triple-core blocking-serial 10 / blocking-serial 5',
    'single-core blocking-serial 10',
  ])('are refused where the seed has none: %s', (name) => {
    expect(() => withSeedFigures(`{${name}}`, seed)).toThrow(UserError);
  });

  it('are those that were measured, or a dash', () => {
    const figures = new Map([['a/b/c', '0.47×']]);
    expect(withMeasured('{a/b/c} and {a/b/d}', figures)).toBe('0.47× and –');
  });
});

describe('questions.csv', () => {
  it('says of every question of the seed what its own figures say, with figures that there are', () => {
    const own = questions.filter(({ part }) => part === 'seed');
    expect(own.filter((question) => question.on_seed === '').map(({ id }) => id)).toEqual([]);
    for (const question of own) expect(withSeedFigures(question.on_seed, seed)).not.toMatch(/[{}]/);
  });

  it('names figures of hypotheses that there are', async () => {
    const scenarios = await Promise.all((await scenarioNames()).map(loadScenario));
    const known = new Map(
      scenarios.flatMap(({ name, hypotheses }) =>
        hypotheses.flatMap(({ id, tests }) =>
          tests.map((test): [string, string] => [`${name}/${id}/${test.id}`, 'a figure']),
        ),
      ),
    );
    expect(questions.some(({ remark }) => remark.includes('{'))).toBe(true);
    for (const { remark } of questions) expect(withMeasured(remark, known)).not.toMatch(/–|[{}]/);
  });
});
