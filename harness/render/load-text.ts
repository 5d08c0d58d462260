import type { PageAnalysis } from '../analysis/page.ts';
import type { LoadChoice } from '../core/scenario.ts';
import { code } from './markdown.ts';

/** The options that the scenario gives to the load of a page. */
export function loadParams({ run, grid }: PageAnalysis): LoadChoice['params'] {
  return run.manifest.scenario.loads.find(({ id }) => id === grid.load)?.params ?? {};
}

/** The load of a page with its options, as Markdown. */
export function loadText(page: PageAnalysis): string {
  const options = Object.entries(loadParams(page)).map(([name, value]) => code(`${name}: ${value}`));
  const load = code(page.grid.load);
  return options.length === 0 ? load : `${load} (${options.join(', ')})`;
}
