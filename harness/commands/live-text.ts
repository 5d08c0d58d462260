import { stripVTControlCharacters } from 'node:util';

export type Style = 'bold' | 'dim' | 'inverse' | 'red' | 'yellow';

/** A piece of a line; lines stay in pieces until they are cut to the terminal's width, since escapes have no width. */
export type Piece = readonly [text: string, style?: Style];
export type Line = readonly Piece[];

/** Gives a text a style, or leaves it as it is where nothing may be coloured. */
export type Paint = (style: Style, text: string) => string;

export const widthOf = (text: string): number => Array.from(text).length;

/** Text from outside on one line, with nothing in it that a terminal would obey. */
export function harmless(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

export function shortened(text: string, width: number): string {
  if (width <= 0) return '';
  return widthOf(text) <= width
    ? text
    : `${Array.from(text)
        .slice(0, width - 1)
        .join('')}…`;
}

/** A line cut to `width`, as text for the terminal. */
export function painted(line: Line, width: number, paint: Paint): string {
  let left = width;
  let result = '';
  for (const [index, [text, style]] of line.entries()) {
    const more = line.slice(index + 1).some(([other]) => other !== '');
    // The last place is for the dots, if there is more than fits.
    const piece = widthOf(text) === left && more ? shortened(`${text} `, left) : shortened(text, left);
    result += style === undefined || piece === '' ? piece : paint(style, piece);
    left -= widthOf(piece);
    if (left === 0) break;
  }
  return result;
}
