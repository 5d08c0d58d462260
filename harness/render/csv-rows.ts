import { stringify } from 'csv-stringify/sync';
import type { Interval } from '../analysis/intervals.ts';
import type { Cell } from '../core/record.ts';

type Value = string | number | boolean | null;

/** One column of a table of items: its name, and what stands there for an item. */
export type Column<Item> = readonly [name: string, value: (item: Item) => Value];

/** Items are taken one by one, and each becomes its row at once: those of a long run have millions of fields. */
export function toCsv<Item>(columns: readonly Column<Item>[], items: Iterable<Item>): string {
  const rows = [`${columns.map(([name]) => name).join(',')}\n`];
  const fields = columns.map(() => '');
  for (const item of items) {
    for (let at = 0; at < columns.length; at += 1) fields[at] = fieldOf(columns[at]![1](item));
    rows.push(`${fields.join(',')}\n`);
  }
  return rows.join('');
}

/** Texts of these characters alone need no quotes, and nor do numbers: nothing is asked about them. */
const plain = /^[\w ./:=-]*$/;

function fieldOf(value: Value): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  return plain.test(value) ? value : stringify([[value]]).slice(0, -1);
}

/** Six digits: more than was measured, and no trace of how a sum was rounded. */
function number(value: number | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? value : Number(value.toPrecision(6));
}

/** A column of figures, to six digits. */
export const rounded = <Item>(
  name: string,
  figure: (item: Item) => number | null | undefined,
): Column<Item> => [name, (item) => number(figure(item))];

export const cellColumns = <Item>(cellOf: (item: Item) => Cell): Column<Item>[] => [
  ['variant', (item) => cellOf(item).variant],
  ['load', (item) => cellOf(item).load],
  ['concurrency', (item) => cellOf(item).concurrency],
  ['factors', (item) => factorsText(cellOf(item))],
];

function factorsText({ factors }: Cell): string {
  return Object.entries(factors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}

/** An estimate with the borders of its 95 % interval, and how many blocks it rests on. */
export const intervalColumns = <Item>(
  name: string,
  intervalOf: (item: Item) => Interval | null,
): Column<Item>[] => [
  rounded(`${name}Estimate`, (item) => intervalOf(item)?.estimate),
  rounded(`${name}Low`, (item) => intervalOf(item)?.low),
  rounded(`${name}High`, (item) => intervalOf(item)?.high),
  [`${name}Blocks`, (item) => intervalOf(item)?.blocks ?? null],
];
