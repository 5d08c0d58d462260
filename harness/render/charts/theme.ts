import type { Config } from 'vega-lite';

/** Fonts that look alike and are found nearly everywhere; the widest of them decides how much room text gets. */
const fontStack = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/** Colours that have a role. Each is used for nothing else, so that the dark style can replace it. */
const light = {
  background: '#ffffff',
  text: '#24292f',
  faintText: '#57606a',
  axis: '#8c959f',
  grid: '#e6e9ec',
} as const;

const dark: Record<keyof typeof light, string> = {
  background: '#0d1117',
  text: '#e6edf3',
  faintText: '#9da7b3',
  axis: '#6e7681',
  grid: '#21262d',
};

export const colours = light;

/** Okabe and Ito's palette, told apart with any kind of colour blindness; black and yellow, which vanish, left out. */
const lightPalette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'] as const;
const darkPalette = ['#4aa8e8', '#f08030', '#2fc497', '#dd8fba', '#7cc8f2', '#f0b030'] as const;

/** A second channel beside colour. */
const pointShapes = ['circle', 'square', 'triangle-up', 'diamond', 'triangle-down', 'cross'] as const;

/** The same place in the scenario has the same colour and shape in every chart of a page. */
export function seriesStyle(index: number): { colour: string; shape: string } {
  return {
    colour: lightPalette[index % lightPalette.length]!,
    shape: pointShapes[(index + Math.floor(index / lightPalette.length)) % pointShapes.length]!,
  };
}

/** Replaces the colours where the reader's system is dark; works in a page and in an <img>. */
export function darkStyle(): string {
  const pairs = [
    ...Object.keys(light).map((role) => [
      light[role as keyof typeof light],
      dark[role as keyof typeof light],
    ]),
    ...lightPalette.map((colour, index) => [colour, darkPalette[index]!]),
  ];
  const rules = pairs.map(([from, to]) => `[fill="${from}"]{fill:${to}}[stroke="${from}"]{stroke:${to}}`);
  return `<style>@media (prefers-color-scheme:dark){${rules.join('')}}</style>`;
}

export const config: Config = {
  background: light.background,
  font: fontStack,
  padding: 8,
  view: { stroke: 'transparent' },
  title: {
    anchor: 'start',
    frame: 'group',
    color: light.text,
    fontSize: 15,
    fontWeight: 600,
    subtitleColor: light.faintText,
    subtitleFontSize: 12,
    subtitlePadding: 5,
    offset: 12,
  },
  axis: {
    labelColor: light.faintText,
    titleColor: light.text,
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
    domainColor: light.axis,
    tickColor: light.axis,
    gridColor: light.grid,
  },
  header: {
    labelColor: light.text,
    labelFontSize: 12,
    labelFontWeight: 600,
    labelAnchor: 'start',
    labelPadding: 4,
  },
  legend: {
    orient: 'top',
    labelColor: light.text,
    labelFontSize: 12,
    symbolSize: 90,
    symbolOpacity: 1,
    labelLimit: 400,
    columnPadding: 20,
    offset: 8,
  },
};
