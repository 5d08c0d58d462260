import { heldTargets } from '../analysis/load-targets.ts';
import type { Interval } from '../analysis/intervals.ts';
import type { LoadComparison } from '../analysis/loads.ts';
import { formatCount, formatRatio, formatWhole, noData } from './format.ts';
import { ratioText } from './interval-text.ts';
import { loadsTitle } from './loads-page.ts';
import { measuredText, shortfalls, targetText } from './sections/load-targets.ts';
import { isInvalidSeries } from './sections/load-tables.ts';
import { textTable } from './text-table.ts';

/** What a terminal is told of a run with several loads: its title, its table, and what became of its targets. */
export function loadsLines(comparison: LoadComparison): string[] {
  return [loadsTitle(comparison), '', ...figuresTable(comparison), ...targetLines(comparison)];
}

const fullServer = ' *';

function figuresTable(comparison: LoadComparison): string[] {
  const { loads, reference, series, concurrencies, at } = comparison;
  const head = [
    'load',
    'connections',
    'req/s',
    'CPU µs/req',
    `req/s over ${reference}`,
    `CPU over ${reference}`,
  ];
  // A server that fails on purpose has no figures.
  const shown = series.filter((one) => !isInvalidSeries(comparison, one));
  const lines = shown.flatMap((one) => [
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
              ? formatWhole(cell.requestsPerSecond.estimate) + (cell.serverFull === true ? fullServer : '')
              : noData,
            cell?.cpuUsPerRequest ? formatRatio(cell.cpuUsPerRequest.estimate) : noData,
            ratio(cell?.rateRatio),
            ratio(cell?.cpuRatio),
          ];
        }),
      ),
    ]),
  ]);
  const isMarked = lines.some((line) => line.includes(fullServer));
  return isMarked ? [...lines, `${fullServer.trim()} the server, and not the load, was the limit`] : lines;
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
