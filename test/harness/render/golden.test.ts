import { describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { filesBelow, readText } from '../../../harness/effects/output-files.ts';
import { goldenDir, renderGolden } from '../../support/golden.ts';

const remedy = 'if this is what you meant: npm run golden, and look at the difference';
const rendered = await renderGolden();

describe('the golden reports', () => {
  it.each([...rendered.keys()])('%s is rendered as it was, to the byte', async (path) => {
    const expected = await readText(join(goldenDir, path));
    expect(rendered.get(path) === expected ? 'the same' : `${path} differs; ${remedy}`).toBe('the same');
  });

  it('are all still rendered', async () => {
    const left = (await filesBelow(goldenDir))
      .map((path) => path.slice(goldenDir.length + 1))
      .filter((path) => /\.(txt|md|svg|vl\.json|csv)$/.test(path) && !rendered.has(path));
    expect(left).toEqual([]);
  });

  it('are rendered the same a second time in one process', async () => {
    expect(await renderGolden()).toEqual(rendered);
  }, 30_000);

  it('stay short enough to be read', () => {
    const long = [...rendered].filter(
      ([path, text]) => /\.md(\.txt)?$/.test(path) && text.trimEnd().split('\n').length > 300,
    );
    expect(long.map(([path]) => path)).toEqual([]);
  });
});
