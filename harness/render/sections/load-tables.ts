import type { LoadCell, LoadComparison } from '../../analysis/loads.ts';
import { formatCount, formatConcurrencies, formatWhole, noData } from '../format.ts';
import { blocks, code, escapeText, table } from '../markdown.ts';

/** One table a server: loads as rows, concurrencies as columns. */
export function gridTables(comparison: LoadComparison, text: (cell: LoadCell) => string): string[] {
  const { series, loads, concurrencies, at } = comparison;
  return series.map((one) =>
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
