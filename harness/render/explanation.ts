import type { CellAnalysis } from '../analysis/cells.ts';
import type { RecordHead, RepeatAnalysis } from '../analysis/repeat.ts';
import { coreShare } from '../analysis/workers.ts';
import { loadOf } from '../core/grid.ts';
import type { Run } from '../core/journal.ts';
import type { Manifest } from '../core/manifest.ts';
import { cellId, type Cell, type RepeatRecord } from '../core/record.ts';
import { openLoopLines, orNone, watchedLines } from './watched-lines.ts';
import { columnIn, ratesOver, type Samples } from '../core/sampler-output.ts';
import { formatCount, formatInstant, formatShare, formatTime, noData } from './format.ts';
import { shellWord } from '../core/shell-word.ts';
import { causeTexts, evidenceText } from './verdict-text.ts';

/** What the raw output of a repeat holds. */
export interface RepeatTrace {
  /** Of the accept queue; null where it was not sampled. */
  readonly samples: Samples | null;
  readonly names: readonly string[];
  /** Why the raw output could not be read. */
  readonly problem: string | null;
}

/** All that is known of a cell, as lines for a terminal. `place` is where the run lies; `traces` belong to its repeats. */
export function explanation(
  run: Run,
  cell: CellAnalysis,
  traces: readonly RepeatTrace[],
  place: string,
): string[] {
  const { manifest } = run;
  const records = recordsOf(run, cell);
  return [
    `${cell.series.label} at ${cell.concurrency} connections, load ${loadOf(manifest.scenario, cell.cell).id}`,
    `${manifest.scenario.title}; ${formatInstant(manifest.createdAt)}; ${place}`,
    '',
    ...verdictLines(cell),
    '',
    ...repeatLines(cell),
    '',
    ...cell.repeats.flatMap((repeat, at) => overTime(repeat, traces[at]!)),
    ...openLoopLines(cell),
    ...watchedLines(cell),
    ...counterLines(records),
    ...processLines(records),
    ...rawLines(cell, traces, place),
    'Measure it again:',
    `  ${repeatCommand(manifest, cell.cell)}`,
  ];
}

/** The records that a cell's repeats were made from, in their order. */
function recordsOf({ records }: Run, { repeats }: CellAnalysis): RepeatRecord[] {
  const known = new Map(records.map((record) => [`${record.repeatId} ${record.startedAt}`, record]));
  return repeats.map(({ record }) => known.get(`${record.repeatId} ${record.startedAt}`)!);
}

function verdictLines({ verdict }: CellAnalysis): string[] {
  const { primary, secondary, facts } = verdict;
  return [
    `Verdict: ${primary} (${causeTexts[primary]})`,
    ...secondary.map((cause) => `   also: ${cause} (${causeTexts[cause]})`),
    `Evidence: ${evidenceText(facts, [primary, ...secondary])}`,
  ];
}

const columns: readonly (readonly [string, (repeat: RepeatAnalysis) => string])[] = [
  ['block', ({ record }) => String(record.block)],
  ['req/s', ({ requestsPerSecond }) => orNone(requestsPerSecond, (value) => formatCount(Math.round(value)))],
  ['failed', ({ failedRequests }) => orNone(failedRequests, formatCount)],
  ['stalled', ({ stalled }) => orNone(stalled, formatCount)],
  ['mean time', ({ responseTime }) => orNone(responseTime?.meanUs, formatTime)],
  ['overflows/s', ({ overflowsPerSecond }) => orNone(overflowsPerSecond, formatCount)],
  ['sent again', ({ retransmits }) => orNone(retransmits, formatCount)],
  ['queue', ({ queue }) => orNone(queue.meanLength, formatCount)],
  ['server', ({ cpu }) => orNone(cpu.serverShare, formatShare)],
  ['generator', ({ cpu }) => orNone(cpu.generatorShare, formatShare)],
  ['others', ({ cpu }) => orNone(cpu.strangersShare, formatShare)],
];

/** A row a repeat; a failed one says why instead. */
function repeatLines({ repeats }: CellAnalysis): string[] {
  if (repeats.length === 0) return ['No repeat of it was made.'];
  const rows = [
    columns.map(([title]) => title),
    ...repeats.map((repeat) =>
      columns.map(([, text]) => (repeat.ok || text(repeat) !== noData ? text(repeat) : '')),
    ),
  ];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((text, at) => text.padStart(widths[at]!)).join('  ');
  return [
    line(rows[0]!),
    ...repeats.map(({ ok, record }, at) =>
      ok ? line(rows[at + 1]!) : `${String(record.block).padStart(widths[0]!)}  ${failureText(record)}`,
    ),
  ];
}

const failureText = ({ failure }: RecordHead): string =>
  `failed (${failure?.stage ?? 'unknown stage'}): ${failure?.message ?? 'no reason given'}`;

const levels = '▁▂▃▄▅▆▇█';
const curveWidth = 60;

/** Values as a line of bars between 0 and `top`; longer series are drawn together, each bar the largest of its part. */
function curve(values: readonly number[], top: number): string {
  const perBar = Math.max(1, Math.ceil(values.length / curveWidth));
  const bars: string[] = [];
  for (let at = 0; at < values.length; at += perBar) {
    const largest = Math.max(...values.slice(at, at + perBar));
    const level = top > 0 ? Math.min(levels.length - 1, Math.floor((largest / top) * levels.length)) : 0;
    bars.push(largest === 0 ? ' ' : levels[level]!);
  }
  return bars.join('');
}

/** Queue and throughput from the first to the last answer of the load, warm-up and drain included. */
function overTime({ record }: RepeatAnalysis, { samples, problem }: RepeatTrace): string[] {
  if (problem !== null) return [`Block ${record.block}: ${problem}`, ''];
  if (!samples?.queue) return [];
  const { queue } = samples;
  const whole = { fromUs: 0, toUs: Infinity };
  const take = (name: string): number[] => columnIn(queue, name, whole).map((value) => value ?? 0);
  const times = take('atUs');
  const lengths = take('length');
  const limit = Math.max(...take('limit'));
  const rates = ratesOver(queue, whole).map(({ perSecond }) => perSecond);
  const seconds = (times.at(-1)! - times[0]!) / 1e6;
  const longest = Math.max(...lengths);
  const fastest = Math.max(0, ...rates);
  return [
    `Block ${record.block}, over ${formatCount(seconds)} s:`,
    `  queue      |${curve(lengths, Math.max(longest, Math.min(limit, 4 * longest)))}|  at most ${longest}, limit ${limit}`,
    ...(rates.length > 0
      ? [
          `  answers/s  |${curve(rates, fastest)}|  ${formatCount(Math.round(Math.min(...rates)))} to ${formatCount(Math.round(fastest))}`,
        ]
      : []),
    '',
  ];
}

/** Kernel counters of both hosts that moved, of all repeats together. */
function counterLines(records: readonly RepeatRecord[]): string[] {
  const sums = new Map<string, number>();
  for (const record of records) {
    for (const host of ['tom', 'jerry'] as const) {
      for (const group of ['tcp', 'tcpExt'] as const) {
        for (const [name, value] of Object.entries(record.kernel?.[host][group] ?? {})) {
          if (!tellingCounters.has(name)) continue;
          sums.set(`${host} ${name}`, (sums.get(`${host} ${name}`) ?? 0) + value);
        }
      }
    }
  }
  if (sums.size === 0) return [];
  const width = Math.max(...[...sums.keys()].map((name) => name.length));
  return [
    'Kernel counters of all repeats that say something:',
    ...[...sums].map(([name, value]) => `  ${name.padEnd(width)}  ${formatCount(value)}`),
    '',
  ];
}

const tellingCounters = new Set([
  'PassiveOpens',
  'ActiveOpens',
  'AttemptFails',
  'EstabResets',
  'RetransSegs',
  'OutRsts',
  'ListenOverflows',
  'ListenDrops',
  'SyncookiesSent',
  'SyncookiesRecv',
  'TCPReqQFullDoCookies',
  'TCPReqQFullDrop',
  'TCPTimeouts',
  'TCPSynRetrans',
  'TCPLostRetransmit',
  'TCPAbortOnData',
  'TCPAbortOnClose',
  'TCPDeferAcceptDrop',
]);

/** How the server's processes shared the work, in the first good repeat. */
function processLines(records: readonly RepeatRecord[]): string[] {
  const record = records.find(({ status, load }) => status === 'ok' && load);
  if (!record?.server || record.server.processes.length === 0) return [];
  return [
    `The server's processes in block ${record.block}:`,
    ...record.server.processes.map(({ role, slot, pid, accepted, answered }) => {
      const used = coreShare(record, pid);
      const share = used === null ? '' : `, ${formatShare(used)} of a core`;
      return `  ${role}${role === 'worker' ? ` ${slot}` : ''}: accepted ${formatCount(accepted)}, answered ${formatCount(answered)}${share}`;
    }),
    '',
  ];
}

function rawLines({ repeats }: CellAnalysis, traces: readonly RepeatTrace[], place: string): string[] {
  const files = repeats.flatMap(({ record }) => (record.raw === undefined ? [] : [record.raw]));
  if (files.length === 0) return [];
  const names = traces.find((trace) => trace.names.length > 0)?.names ?? [];
  return [
    'Raw output, gzipped JSON from names to texts:',
    ...files.map((file) => `  ${place}/${file}`),
    ...(names.length > 0 ? [`  with ${groupedNames(names).join(', ')}`] : []),
    `  zcat ${shellWord(`${place}/${files[0]}`)} | node -p 'JSON.parse(require("fs").readFileSync(0))["load/stdout.txt"]'`,
    '',
  ];
}

/** Names of texts, those of one directory together where they are many. */
function groupedNames(names: readonly string[]): string[] {
  const byDirectory = new Map<string, string[]>();
  for (const name of names) {
    const directory = name.split('/')[0]!;
    byDirectory.set(directory, [...(byDirectory.get(directory) ?? []), name]);
  }
  return [...byDirectory].flatMap(([directory, members]) =>
    members.length > 12 || directory === 'cpu' ? [`${directory}/* (${members.length})`] : members,
  );
}

/** Options of a run that say which cells it measures: the cell takes their place. */
const cellOptions = ['--variants', '--concurrency', '--condition', '--load'];

/** Those that say how often: the command does that itself. */
const countOptions = ['--repeats', '--precision', '--budget'];

/** The command that measures one cell of a run again, as often as the run did. */
export function repeatCommand({ command, repeats }: Manifest, cell: Cell): string {
  const kept: string[] = [];
  for (let at = 0; at < command.length; at++) {
    const word = command[at]!;
    const replaced = [...cellOptions, ...countOptions];
    if (replaced.includes(word)) at += 1;
    else if (!replaced.some((option) => word.startsWith(`${option}=`))) kept.push(word);
  }
  const times = repeats.filter(
    ({ pass, cell: other }) => pass === 'timed' && cellId(other) === cellId(cell),
  ).length;
  const condition = cell.factors['condition'];
  const words = [
    ...kept,
    ...['--variants', cell.variant, '--concurrency', String(cell.concurrency), '--load', cell.load],
    ...(condition === undefined ? [] : ['--condition', String(condition)]),
    ...(times > 0 ? ['--repeats', String(times)] : []),
  ];
  return ['npx tsx harness/run.ts', ...words.map(shellWord)].join(' ');
}
