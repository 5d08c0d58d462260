import { specText, toSvg, type Chart } from './charts/svg.ts';
import { escapeText, linkPath } from './markdown.ts';

/** A chart as Markdown shows it; `directory` is that of the page's charts, as a link. */
export const picture = ({ alt, name }: Chart, directory: string): string =>
  `![${escapeText(alt)}](${directory}/${linkPath(name)}.svg)`;

/** The files of charts by their paths, `directory` being that of the page's charts: each as it is seen, and as it is made. */
export async function chartFiles(
  directory: string,
  charts: readonly Chart[],
): Promise<[path: string, text: string][]> {
  const files = await Promise.all(
    charts.map(async ({ name, spec }): Promise<[string, string][]> => [
      [`${directory}/${name}.svg`, await toSvg(spec)],
      [`${directory}/${name}.vl.json`, specText(spec)],
    ]),
  );
  return files.flat();
}
