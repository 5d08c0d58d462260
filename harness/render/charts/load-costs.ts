import type { LoadComparison } from '../../analysis/loads.ts';
import { present } from '../../analysis/statistics.ts';
import { formatCount, plural } from '../format.ts';
import { plotWidth, rounded, schemaUrl } from './common.ts';
import { colours, seriesStyle } from './theme.ts';
import type { Chart } from './svg.ts';

/** CPU time for each request by load, one panel a concurrency. Null where it was not measured. */
export function loadCostChart({ loads, series, concurrencies, at }: LoadComparison): Chart | null {
  const data = series.flatMap((one) =>
    concurrencies.flatMap((concurrency) =>
      loads.flatMap((load) => {
        const cost = at(load, one.id, concurrency)?.cpuUsPerRequest;
        if (!cost) return [];
        return [
          {
            load,
            panel: panelName(one.label, concurrency, series.length),
            cpuUsPerRequest: rounded(cost.estimate),
            low: rounded(cost.low ?? cost.estimate),
            high: rounded(cost.high ?? cost.estimate),
          },
        ];
      }),
    ),
  );
  if (data.length === 0) return null;
  const largest = Math.max(...present(data.map((point) => point.cpuUsPerRequest)));
  const panels = [...new Set(data.map((point) => point.panel))];
  const y = { field: 'load', type: 'nominal' as const, title: null, sort: [...loads] };
  const x = {
    field: 'cpuUsPerRequest',
    type: 'quantitative' as const,
    title: "microseconds of Jerry's CPU for each request",
    scale: { domain: [0, largest * 1.1], clamp: true },
  };
  return {
    name: 'load-costs',
    alt: `CPU time of Jerry's cores for each request, for ${loads.join(', ')} at ${concurrencies.map(formatCount).join(', ')} connections`,
    spec: {
      $schema: schemaUrl,
      title: {
        text: 'What a request costs the load generator',
        subtitle: 'Processes and softirq. Bars: geometric mean of the blocks; whiskers: its 95 % interval.',
      },
      data: { values: data },
      columns: 1,
      bounds: 'flush',
      spacing: { row: 44 },
      facet: { field: 'panel', type: 'nominal', title: null, sort: panels },
      spec: {
        width: plotWidth - 60,
        height: { step: 22 },
        layer: [
          { mark: { type: 'bar', color: seriesStyle(0).colour, height: { band: 0.62 } }, encoding: { x, y } },
          {
            mark: { type: 'rule', strokeWidth: 1.5, color: colours.text },
            encoding: { y, x: { ...x, field: 'low' }, x2: { field: 'high' } },
          },
        ],
      },
    },
  };
}

function panelName(label: string, concurrency: number, servers: number): string {
  const at = plural(concurrency, 'connection');
  return servers === 1 ? at : `${label}, ${at}`;
}
