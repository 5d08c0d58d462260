import { isInvalid, type Series } from '../../analysis/cells.ts';
import type { LoadCell, LoadComparison } from '../../analysis/loads.ts';
import { present } from '../../analysis/statistics.ts';
import { formatCount, formatConcurrencies, formatWhole, noData } from '../format.ts';
import { blocks, code, escapeText, table } from '../markdown.ts';

/** One table a server: loads as rows, concurrencies as columns. */
export function gridTables(
  comparison: LoadComparison,
  text: (cell: LoadCell) => string,
  invalidToo = false,
): string[] {
  const { series, loads, concurrencies, at } = comparison;
  // A server of which nothing holds, since it fails on purpose, would be a table of dashes.
  const shown = invalidToo ? series : series.filter((one) => !isInvalidSeries(comparison, one));
  return shown.map((one) =>
    table(
      [
        series.length === 1 ? 'connections' : escapeText(one.label),
        ...concurrencies.map((concurrency) => formatCount(concurrency)),
      ],
      loads.map((load) => [
        code(load),
        ...concurrencies.map((concurrency) => {
          const cell = at(load, one.id, concurrency);
          if (cell && cell.cell.ok === 0 && cell.cell.failed > 0) return `${noData} ‡`;
          return cell ? text(cell) : noData;
        }),
      ]),
      ['l', ...concurrencies.map(() => 'r' as const)],
    ),
  );
}

/** Whether a server answered, but no load came to figures of it that hold. */
export function isInvalidSeries({ loads, concurrencies, at }: LoadComparison, one: Series): boolean {
  const cells = present(
    loads.flatMap((load) => concurrencies.map((concurrency) => at(load, one.id, concurrency)?.cell ?? null)),
  );
  return cells.every((cell) => isInvalid(cell)) && cells.some(({ ok }) => ok > 0);
}

/** What each load can do against the sink; null where that was not measured. */
export function ceilingsSection({ grids, concurrencies }: LoadComparison): string | null {
  const classes = grids.find(({ ceilings }) => ceilings.length > 0)?.ceilings ?? [];
  if (classes.length === 0) return null;
  return blocks([
    '## What each load can do, in requests per second',
    table(
      [
        'connections',
        ...classes.map(({ from, to }) =>
          formatConcurrencies(membersOf(from, to, concurrencies), concurrencies),
        ),
      ],
      grids.map(({ load, ceilings }) => [
        code(load),
        ...classes.map(({ measuredAt }) => {
          const ceiling = ceilings.find((one) => one.measuredAt === measuredAt);
          return ceiling ? formatWhole(ceiling.requestsPerSecond) : noData;
        }),
      ]),
      ['l', ...classes.map(() => 'r' as const)],
    ),
    'Measured once for each decade of connections against `sink`, the cheapest server. Where the sink was exhausted before the load, the rate is scaled up by the share of its cores that the load used. A server that is faster than this is not measured by that load: the load is.',
  ]);
}

const membersOf = (from: number, to: number, concurrencies: readonly number[]): number[] =>
  concurrencies.filter((concurrency) => from <= concurrency && concurrency <= to);
