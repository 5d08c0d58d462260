import * as vegaModule from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { config, darkStyle } from './theme.ts';

export type ChartSpec = TopLevelSpec;

interface TextItem {
  readonly text?: string;
  readonly fontSize?: number;
  readonly fontWeight?: number | string;
}

/** What Vega exports but its types leave out. */
interface UntypedVega {
  readonly textMetrics: { width: (item: TextItem, text?: string) => number };
  setRandom(random: () => number): void;
  randomLCG(seed: number): () => number;
}
const vega = vegaModule as typeof vegaModule & UntypedVega;

/** A chart as it is kept: the picture, and the specification with its data, which the Vega editor opens. */
export interface Chart {
  /** File name without its ending. */
  readonly name: string;
  /** What the picture shows, for those who cannot see it. */
  readonly alt: string;
  readonly spec: ChartSpec;
}

/**
 * Widths of characters in em, grouped. Without a canvas Vega takes 0.8 em for each, which leaves gaps and cuts
 * legends. These are about those of DejaVu Sans, the widest font of our stack: text in another font is narrower.
 */
const characterWidths: readonly (readonly [RegExp, number])[] = [
  [/[ijlI]/, 0.29],
  [/[ .,:;'|]/, 0.33],
  [/[frt\-/!()[\]]/, 0.4],
  [/[a-zµ–]/, 0.61],
  [/[0-9]/, 0.64],
  [/[A-Z○×±]/, 0.7],
];
const wideCharacters = /[mwMW@%†—]/;
const boldFactor = 1.12;

function textWidth(text: string, fontSize: number, bold: boolean): number {
  let ems = 0;
  for (const character of text) {
    const width = characterWidths.find(([pattern]) => pattern.test(character))?.[1] ?? 0.64;
    ems += wideCharacters.test(character) ? 0.97 : width;
  }
  return ems * fontSize * (bold ? boldFactor : 1);
}

// Vega measures text through this object; giving it our own measure is how it is meant to be changed.
vega.textMetrics.width = (item, text) =>
  textWidth(text ?? item.text ?? '', item.fontSize ?? 11, Number(item.fontWeight) >= 600);

/** What Vega-Lite and Vega only warn about is a mistake in a specification of ours. */
const strictLogger = {
  level: () => strictLogger,
  error: (...message: unknown[]) => fail(message),
  warn: (...message: unknown[]) => fail(message),
  info: () => strictLogger,
  debug: () => strictLogger,
};

function fail(message: readonly unknown[]): never {
  throw new Error(`chart: ${message.map(String).join(' ')}`);
}

/** Draws a chart. The same specification gives the same bytes. */
export async function toSvg(spec: ChartSpec): Promise<string> {
  const compiled = compile(spec, { config, logger: strictLogger }).spec;
  vega.setRandom(vega.randomLCG(1));
  vega.resetSVGDefIds();
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger: strictLogger });
  try {
    const svg = await view.toSVG();
    return `${svg.replace(/^<svg [^>]*>/, (tag) => tag + darkStyle())}\n`;
  } finally {
    view.finalize();
  }
}

/** A specification as a file that opens in the Vega editor and looks there as it does here; one line a data point. */
export function specText(spec: ChartSpec): string {
  const values =
    spec.data && 'values' in spec.data && Array.isArray(spec.data.values) ? spec.data.values : [];
  const rows = values.map((row) => JSON.stringify(row)).join(',\n');
  const marker = '"<rows>"';
  const text = JSON.stringify({ ...spec, data: { values: '<rows>' }, config }, null, 1);
  return `${text.replace(marker, () => `[\n${rows}\n]`)}\n`;
}
