import { stringify } from 'csv-stringify/sync';
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
