import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { conformancePage, conformancePagePath } from '../../scripts/conformance/page.ts';
import { chapters } from '../conformance/requirements.ts';
import { repository } from '../support/repository.ts';

it('is what the requirements give: npm run conformance', async () => {
  expect(await readFile(join(repository, conformancePagePath), 'utf8')).toBe(await conformancePage());
});

it('names a section for each requirement, and each case once', () => {
  const requirements = chapters.flatMap((chapter) => chapter.requirements);
  for (const { section, cases } of requirements) {
    expect(section).toMatch(/^91(10|12) §\d+(\.\d+)*$/);
    expect(cases.length).toBeGreaterThan(0);
  }
  const names = requirements.flatMap(({ cases }) => cases.map(({ name }) => name));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
