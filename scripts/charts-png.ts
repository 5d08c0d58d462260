/**
 * Draws the charts of the reports as PNG files in build/charts, light and dark, to look at them without a browser.
 * The reports themselves use the SVG files only.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** It comes with what the tests need, which `npm run setup` leaves out. */
const { Resvg } = await import('@resvg/resvg-js').catch(() => {
  console.error('charts-png: the package @resvg/resvg-js is not installed; run npm ci --include=dev');
  process.exit(2);
});

const root = fileURLToPath(new URL('../', import.meta.url));
const reports = join(root, 'reports');
const target = join(root, 'build', 'charts');

/** What resvg cannot do: look through a list of fonts, or take the reader's colour scheme into account. */
function forResvg(svg: string, dark: boolean): string {
  const plain = svg.replaceAll(/font-family="[^"]*"/g, 'font-family="DejaVu Sans"');
  return plain.replace(
    /<style>@media \(prefers-color-scheme:dark\)\{(.*)\}<\/style>/,
    dark ? '<style>$1</style>' : '',
  );
}

const charts = readdirSync(reports, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.svg'),
);
for (const chart of charts.sort()) {
  const svg = readFileSync(join(reports, chart), 'utf8');
  for (const scheme of ['light', 'dark']) {
    const path = join(target, `${chart.slice(0, -'.svg'.length)}-${scheme}.png`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, new Resvg(forResvg(svg, scheme === 'dark')).render().asPng());
    console.log(path);
  }
}
