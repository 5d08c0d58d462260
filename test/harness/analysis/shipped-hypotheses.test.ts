import { describe, expect, it } from 'vitest';
import { analyseAll, newestOf } from '../../../harness/commands/analysed-runs.ts';
import { judgeHypotheses, type Outcome } from '../../../harness/analysis/hypotheses.ts';
import { sum } from '../../../harness/analysis/statistics.ts';
import type { PageAnalysis } from '../../../harness/analysis/page.ts';
import { conditionOf } from '../../../harness/core/grid.ts';
import type { HypothesisTest, Place } from '../../../harness/core/hypothesis.ts';
import { loadScenario, scenarioNames } from '../../../harness/effects/registry.ts';
import { findRuns } from '../../../harness/effects/results.ts';
import { readQuestions } from '../../../harness/effects/seed-figures.ts';

/*
 * Every hypothesis of the shipped scenarios on the journals of its run: as it is, and with the cells of the other side
 * of its interventions put in the place of its own. What can come to nothing but "supported" is no hypothesis.
 */

const names = await scenarioNames();
const scenarios = await Promise.all(names.map(loadScenario));
const stating = scenarios.filter(({ hypotheses }) => hypotheses.length > 0);
const runs = (await findRuns('results')).filter((path) =>
  stating.some(({ name }) => path.includes(`/${name}/`)),
);
const all = await analyseAll(runs);
const pages = new Map(
  stating.map(({ name }) => {
    const own = all.filter(({ run }) => run.manifest.scenario.name === name);
    return [name, own.length === 0 ? undefined : newestOf(own).pages[0]] as const;
  }),
);

/** Every measured cell, as a place of its own. */
const placesOf = ({ run, grid }: PageAnalysis): Place[] =>
  grid.cells
    .filter(({ repeats }) => repeats.length > 0)
    .map(({ cell }) => ({
      variant: cell.variant,
      condition: conditionOf(run.manifest.scenario, cell)?.id,
      concurrencies: [cell.concurrency],
    }));

/** What the run makes of each of these tests. */
function outcomesOf({ run, grid }: PageAnalysis, tests: readonly HypothesisTest[]): Outcome[] {
  const [template] = run.manifest.scenario.hypotheses;
  const hypothesis = { ...template!, tests: [...tests], onSeed: [] };
  const scenario = { ...run.manifest.scenario, hypotheses: [hypothesis] };
  const withIt = { ...run, manifest: { ...run.manifest, scenario } };
  return judgeHypotheses(withIt, grid, new Map())[0]!.tests.map(({ outcome }) => outcome);
}

/** The test about any other cell of the run, or any other pair of cells. */
function elsewhere(page: PageAnalysis, test: HypothesisTest): HypothesisTest[] {
  const places = placesOf(page);
  if (test.over === undefined) return places.map((of) => ({ ...test, of }));
  return places.flatMap((of) => places.map((over) => ({ ...test, of, over })));
}

describe.each(stating.map(({ name }) => name))('the hypotheses of %s', (name) => {
  const page = pages.get(name);

  it('have a run in results/, which states them as the scenario does now', () => {
    expect(page, `measure it: npx tsx harness/run.ts --scenario ${name}`).toBeDefined();
    const { hypotheses } = stating.find((scenario) => scenario.name === name)!;
    const measured = page!.run.manifest.scenario.hypotheses;
    expect(measured).toEqual(hypotheses);
    expect(page!.grid.cells.filter(({ repeats, planned }) => repeats.length < planned)).toEqual([]);
  });

  it('rest on figures that were measured', () => {
    for (const { hypothesis, tests } of page!.hypotheses) {
      for (const { test, value } of tests) expect(value, `${hypothesis.id}: ${test.what}`).not.toBeNull();
    }
  });

  it('would come to something else on the other side', () => {
    const unshakable = page!.hypotheses
      .filter(({ outcome }) => outcome === 'supported')
      .filter(({ tests }) =>
        tests.every(({ test }) => !outcomesOf(page!, elsewhere(page!, test)).includes('refuted')),
      );
    expect(unshakable.map(({ hypothesis }) => hypothesis.id)).toEqual([]);
  });
});

it('every run was to take 25 minutes at most, and all of them three hours', () => {
  const minutes = new Map(
    [...pages].map(([name, page]) => [name, (page?.run.manifest.estimatedMs ?? 0) / 60_000]),
  );
  expect([...minutes].filter(([, own]) => own > 25)).toEqual([]);
  expect(sum([...minutes.values()])).toBeLessThanOrEqual(180);
});

it('every question of the seed has a hypothesis', async () => {
  const asked = new Set(stating.flatMap(({ hypotheses }) => hypotheses.map(({ question }) => question)));
  const questions = await readQuestions();
  expect(questions.filter(({ id }) => !asked.has(id))).toEqual([]);
});

it('every question is answered by hypotheses that there are, at least one of them about it', async () => {
  const all = new Map(
    stating.flatMap(({ name, hypotheses }) => hypotheses.map((one) => [`${name}/${one.id}`, one.question])),
  );
  const asked = (await readQuestions()).map(({ id, answered_by: names }) => ({
    id,
    about: names.map((name) => all.get(name)),
  }));
  expect(asked.filter(({ about }) => about.includes(undefined))).toEqual([]);
  expect(asked.filter(({ id, about }) => !about.includes(id))).toEqual([]);
});
