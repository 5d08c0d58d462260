import { heldTargets } from '../analysis/load-targets.ts';
import type { Interval } from '../analysis/intervals.ts';
import type { LoadComparison } from '../analysis/loads.ts';
import { formatCount, formatRatio, formatWhole, noData } from './format.ts';
import { ratioText } from './interval-text.ts';
import { loadsTitle } from './loads-page.ts';
import { measuredText, shortfalls, targetText } from './sections/load-targets.ts';
import { textTable } from './text-table.ts';

/** What a terminal is told of a run with several loads: its title, its table, and what became of its targets. */
export function loadsLines(comparison: LoadComparison): string[] {
  return [
    loadsTitle(comparison),
    '',
    ...figuresTable(comparison),
    ...(comparison.series.some(({ id }) => hasFullServer(comparison, id))
      ? ['* the server, and not the load, was the limit']
      : []),
    ...targetLines(comparison),
  ];
}

const hasFullServer = ({ loads, concurrencies, at }: LoadComparison, series: string): boolean =>
  loads.some((load) =>
    concurrencies.some((concurrency) => at(load, series, concurrency)?.serverFull === true),
  );

function figuresTable({ loads, reference, series, concurrencies, at }: LoadComparison): string[] {
  const head = [
    'load',
    'connections',
    'req/s',
    'CPU µs/req',
    `req/s over ${reference}`,
    `CPU over ${reference}`,
  ];
  return series.flatMap((one) => [
    ...(series.length > 1 ? [`${one.label}:`] : []),
    ...textTable([
      head,
      ...concurrencies.flatMap((concurrency) =>
        loads.map((load) => {
          const cell = at(load, one.id, concurrency);
          const ratio = (interval: Interval | null | undefined): string =>
            load === reference ? '1' : interval ? ratioText(interval) : noData;
          return [
            load,
            formatCount(concurrency),
            cell?.requestsPerSecond
              ? formatWhole(cell.requestsPerSecond.estimate) + (cell.serverFull === true ? ' *' : '')
              : noData,
            cell?.cpuUsPerRequest ? formatRatio(cell.cpuUsPerRequest.estimate) : noData,
            ratio(cell?.rateRatio),
            ratio(cell?.cpuRatio),
          ];
        }),
      ),
    ]),
  ]);
}

function targetLines(comparison: LoadComparison): string[] {
  const held = heldTargets(comparison);
  if (held.length === 0) return [];
  return [
    '',
    `Targets, over ${comparison.reference}, with 95 % intervals:`,
    ...textTable(
      held.map((one) => [
        `  ${one.target.load} at ${formatCount(one.concurrency)}: ${one.target.figure}`,
        targetText(one.target),
        measuredText(one),
        one.outcome,
      ]),
    ),
    ...shortfalls(held),
  ];
}
