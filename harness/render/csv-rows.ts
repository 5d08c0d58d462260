import { stringify } from 'csv-stringify/sync';
import type { Interval } from '../analysis/intervals.ts';
import type { Cell } from '../core/record.ts';

type Value = string | number | boolean | null;
export type Row = Readonly<Record<string, Value>>;

export function toCsv(columns: readonly string[], rows: readonly Row[]): string {
  return stringify(
    rows.map((row) => columns.map((column) => row[column] ?? '')),
    // Without the cast false would become an empty field.
    { header: true, columns: [...columns], cast: { boolean: String } },
  );
}

/** Six digits: more than was measured, and no trace of how a sum was rounded. */
export function number(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value.toPrecision(6));
}

export function cellColumnsOf(cell: Cell): Row {
  const factors = Object.entries(cell.factors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
  return { variant: cell.variant, load: cell.load, concurrency: cell.concurrency, factors };
}

/** An estimate with the borders of its 95 % interval, and how many blocks it rests on. */
export const intervalColumns = (name: string, interval: Interval | null): Row => ({
  [`${name}Estimate`]: number(interval?.estimate),
  [`${name}Low`]: number(interval?.low),
  [`${name}High`]: number(interval?.high),
  [`${name}Blocks`]: interval?.blocks ?? null,
});
export const intervalColumnNames = (name: string): string[] => Object.keys(intervalColumns(name, null));
