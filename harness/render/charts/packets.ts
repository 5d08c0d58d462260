import type { CapturedCell, CapturedExample } from '../../analysis/phenomenon.ts';
import type { Packets } from '../../core/record.ts';
import { formatCount, plural } from '../format.ts';
import { plotWidth, schemaUrl } from './common.ts';
import type { Chart } from './svg.ts';
import { colours, seriesStyle } from './theme.ts';

type Example = Packets['examples'][number];

const fates = ['sent', 'sent again', 'ignored by the server'] as const;

const titles: Record<Example['kind'], string> = {
  'completed-empty': 'The handshake ends without the request, which comes when its client sends it again',
  'request-dropped': 'A request that meets a full queue is dropped, and sent again by its client’s timer',
  'syn-dropped': 'A SYN that meets a full queue is sent again after a second',
};

/** The width that texts take to the left of the client. */
const timesShare = 0.16;

/** A sequence of packets, one row each, time downwards: rows are in order, not to scale, or 99 % would be empty. */
export function sequenceChart({ kind, packets, label, concurrency }: CapturedExample): Chart {
  const rows = packets.map((packet, row) => {
    const fromClient = packet.from === 'client';
    const fate = packet.ignored ? fates[2] : packet.again ? fates[1] : fates[0];
    return {
      row,
      time: `${packet.atMs.toFixed(2)} ms`,
      start: fromClient ? 0 : 1,
      end: fromClient ? (packet.ignored ? 0.86 : 0.985) : 0.015,
      angle: fromClient ? 90 : -90,
      text: [packet.what, ...(packet.bytes > 0 ? [plural(packet.bytes, 'byte')] : [])].join(', '),
      remark: remarkOf(packets, row),
      fate,
    };
  });
  const palette = [seriesStyle(0).colour, seriesStyle(4).colour, seriesStyle(1).colour];
  const y = {
    field: 'row',
    type: 'quantitative' as const,
    axis: null,
    scale: { domain: [packets.length - 0.4, -0.8], nice: false, zero: false },
  };
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    axis: null,
    scale: { domain: [-timesShare, 1.42], nice: false, zero: false },
  });
  const color = {
    field: 'fate',
    type: 'nominal' as const,
    title: null,
    scale: { domain: [...fates], range: palette },
  };
  const shape = {
    field: 'fate',
    type: 'nominal' as const,
    title: null,
    scale: { domain: [...fates], range: ['triangle', 'triangle', 'cross'] },
  };
  // Else it would be drawn for each row, one on the other.
  const once = { values: [{}] };
  const lane = (at: number, name: string) => [
    {
      data: once,
      mark: { type: 'rule' as const, color: colours.axis },
      encoding: { x: { ...x('lane'), field: undefined, datum: at } },
    },
    {
      data: once,
      mark: {
        type: 'text' as const,
        fontWeight: 600 as const,
        fontSize: 12,
        color: colours.text,
        text: name,
      },
      encoding: {
        x: { ...x('lane'), field: undefined, datum: at },
        y: { ...y, field: undefined, datum: -0.7 },
      },
    },
  ];
  const words = (field: string, at: number, align: 'left' | 'right', tint: string) => ({
    mark: { type: 'text' as const, align, fontSize: 11, color: tint },
    encoding: { x: { ...x('lane'), field: undefined, datum: at }, y, text: { field } },
  });
  return {
    name: `sequence-${kind}`,
    alt: `Packets between client and server in order, with their times: ${titles[kind]}`,
    spec: {
      $schema: schemaUrl,
      title: {
        text: titles[kind],
        subtitle: [
          `One connection to ${label} at ${plural(concurrency, 'client')}, as captured at the server.`,
          'Times since its SYN; the rows are in order, not to scale.',
        ],
      },
      data: { values: rows },
      width: plotWidth,
      height: 23 * (packets.length + 1),
      layer: [
        ...lane(0, 'client'),
        ...lane(1, 'server'),
        {
          mark: { type: 'rule', strokeWidth: 1.5 },
          encoding: { x: x('start'), x2: { field: 'end' }, y, color },
        },
        {
          mark: { type: 'point', filled: true, size: 55, opacity: 1 },
          encoding: {
            x: x('end'),
            y,
            color,
            shape,
            angle: {
              field: 'angle',
              type: 'quantitative',
              scale: { domain: [-180, 180], range: [-180, 180] },
              legend: null,
            },
          },
        },
        {
          mark: { type: 'text', fontSize: 11, dy: -7, color: colours.text },
          encoding: { x: { ...x('lane'), field: undefined, datum: 0.5 }, y, text: { field: 'text' } },
        },
        words('time', -0.02, 'right', colours.faintText),
        words('remark', 1.02, 'left', colours.text),
      ],
    },
  };
}

/** What a row means, where that is not plain. */
function remarkOf(packets: Example['packets'], row: number): string {
  const packet = packets[row]!;
  const before = packets.slice(0, row);
  if (packet.ignored) return packet.what === 'ACK' ? 'queue full: no connection yet' : 'queue full: dropped';
  if (packet.again && packet.from === 'server') return 'its own timer: 1 s';
  if (
    packet.what === 'ACK' &&
    packet.from === 'client' &&
    before.at(-1)?.what === 'SYN-ACK' &&
    before.at(-1)!.again
  ) {
    return 'the handshake, without its request';
  }
  if (packet.what === 'request' && packet.again) return 'not dropped this time';
  if (packet.what === 'answer') return `after ${packet.atMs.toFixed(0)} ms`;
  return '';
}

/** Clients that wait for a timer, over time, one panel a cell; grey where the server answered nobody. */
export function backOffChart(cells: readonly CapturedCell[]): Chart {
  const anyQuiet = cells.some(({ shown }) => shown.quiet.length > 0);
  const panels = cells.map((cell) => ({
    cell,
    panel: `${cell.label}, ${plural(cell.concurrency, 'client')}`,
  }));
  const kinds = ['waiting to send a SYN again', 'waiting to send a request again'];
  const values = panels.flatMap(({ cell: { shown }, panel }) => [
    ...shown.backOff.syn.flatMap((_, bin) =>
      [shown.backOff.syn, shown.backOff.request].map((series, kind) => ({
        panel,
        atMs: (bin + 0.5) * shown.backOff.binMs,
        kind: kinds[kind]!,
        clients: series[bin] ?? 0,
      })),
    ),
    ...shown.quiet.map(({ atMs, durationMs }) => ({
      panel,
      fromMs: atMs,
      toMs: atMs + durationMs,
    })),
  ]);
  const color = {
    field: 'kind',
    type: 'nominal' as const,
    title: null,
    scale: { domain: kinds, range: [seriesStyle(0).colour, seriesStyle(1).colour] },
  };
  const x = { field: 'atMs', type: 'quantitative' as const, title: 'milliseconds since the first packet' };
  // Without any, a mark of them would have no extent.
  const quietStretches = {
    transform: [{ filter: 'isValid(datum.fromMs)' }],
    mark: { type: 'rect' as const, color: colours.axis, opacity: 0.45 },
    encoding: { x: { ...x, field: 'fromMs' }, x2: { field: 'toMs' } },
  };
  const most = cells.reduce((best, cell) => (cell.mostInBackOff > best.mostInBackOff ? cell : best));
  return {
    name: 'back-off',
    alt: `Clients in back-off over time, for ${panels.map(({ panel }) => panel).join('; ')}`,
    spec: {
      $schema: schemaUrl,
      title: {
        text: `Up to ${formatCount(Math.round(most.mostInBackOff))} of ${formatCount(most.concurrency)} clients wait for a timer at once`,
        subtitle: [
          'Clients between a packet that nobody answered and the moment when they send it again.',
          ...(anyQuiet ? ['Grey: no answer to anybody.'] : []),
        ],
      },
      data: { values },
      columns: 1,
      spacing: { row: 30 },
      facet: { field: 'panel', type: 'nominal', title: null, sort: panels.map(({ panel }) => panel) },
      resolve: { scale: { y: 'independent' } },
      spec: {
        width: plotWidth - 40,
        height: 110,
        layer: [
          ...(anyQuiet ? [quietStretches] : []),
          {
            transform: [{ filter: 'isValid(datum.kind)' }],
            mark: { type: 'area', interpolate: 'step', opacity: 0.85 },
            encoding: {
              x,
              y: {
                field: 'clients',
                type: 'quantitative',
                stack: 'zero',
                title: 'clients',
                axis: { tickCount: 4 },
              },
              color,
            },
          },
        ],
      },
    },
  };
}
