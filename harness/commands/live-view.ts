import { formatDuration } from '../core/units.ts';
import type { Cell } from '../core/record.ts';
import { plural } from '../render/format.ts';
import type { Mark } from '../render/marks.ts';
import type { LiveState, Running } from './live-state.ts';
import type { Page } from './live-pages.ts';
import { marksIn, tableLayout, tableLines } from './live-table.ts';
import { harmless, painted, type Line, type Paint } from './live-text.ts';
import { outcomeOf, remainingMs } from './progress.ts';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** As many failures are named while the run goes on; its end names all. */
const shownFailures = 3;

/**
 * The state of a run as lines of a terminal, none longer than it is wide, and one fewer than it is high, since the
 * cursor stands below. What does not fit is left out, the least important first; the cell that is measured and how far
 * the run is come last.
 */
export function liveView(state: LiveState, size: TerminalSize, now: number, paint: Paint): string[] {
  const room = size.rows - 1;
  const lines = fitting(state, size.columns, room, now);
  return lines.slice(0, Math.max(0, room)).map((line) => painted(line, size.columns, paint));
}

/** How much stands around the tables. */
type Spacing = 'roomy' | 'tight' | 'bare';
const spacings: readonly Spacing[] = ['roomy', 'tight', 'bare'];

function fitting(state: LiveState, width: number, room: number, now: number): Line[] {
  const { pages } = state;
  const current = pageOf(pages, state);
  const layouts = new Map(pages.map((page) => [page, tableLayout(page, state, width)]));
  const repeated = state.manifest.repeats.some((repeat) => repeat.block > 1);
  for (const shown of pages.length > 1 ? [pages, [current]] : [pages]) {
    for (const counts of repeated ? [true, false] : [false]) {
      for (const spacing of spacings) {
        const tables = shown.map((page): Line[] => {
          const layout = layouts.get(page)!;
          return [caption(page, pages), ...tableLines(page, state, layout, { counts }), []];
        });
        const lines = [
          ...(spacing === 'roomy' ? [[]] : []),
          ...tables.flat(),
          ...footer(state, marksIn(shown, state), spacing, now),
        ];
        if (lines.length <= room) return lines;
      }
    }
  }
  const below = standing(state, now);
  const layout = layouts.get(current)!;
  const window = Math.max(2, room - below.length);
  return [...below, ...tableLines(current, state, layout, { counts: false, window })];
}

/** The page of the cell that is measured, or was last. */
function pageOf(pages: readonly Page[], state: LiveState): Page {
  const load = (state.running?.planned.cell ?? state.last?.cell)?.load;
  return pages.find((page) => page.load === load) ?? pages[0]!;
}

function caption(page: Page, pages: readonly Page[]): Line {
  const which = pages.length > 1 ? ` (load ${pages.indexOf(page) + 1} of ${pages.length})` : '';
  return [[`Successful requests per second under ${page.load}${which}, medians so far`, 'dim']];
}

function footer(state: LiveState, marks: ReadonlySet<Mark>, spacing: Spacing, now: number): Line[] {
  if (spacing === 'bare') return standing(state, now);
  const roomy = spacing === 'roomy';
  return [
    ...legend(marks, roomy),
    ...standing(state, now),
    ...(state.over ? [] : [...lastLine(state), ...failureLines(state, roomy ? shownFailures : 1)]),
    ...(state.over || !roomy ? [] : [[[`  results: ${harmless(state.directory)}`, 'dim'] as const]]),
  ];
}

const meanings: Readonly<Record<Mark, string>> = {
  '†': 'generator full',
  '‡': 'some failed',
  '§': 'queue overflowed',
  '¶': 'disturbed by others',
};

function legend(used: ReadonlySet<Mark>, roomy: boolean): Line[] {
  const known = (Object.keys(meanings) as Mark[]).filter((mark) => used.has(mark));
  if (known.length === 0) return [];
  const line: Line = [[known.map((mark) => `${mark} ${meanings[mark]}`).join('   '), 'dim']];
  return roomy ? [line, []] : [line];
}

function failureLines(state: LiveState, most: number): Line[] {
  const shown = state.failures.slice(-most);
  const earlier = state.failures.length - shown.length;
  return [
    ...shown.map(({ cell, failure }): Line => {
      const what = `${nameOf(state, cell)} (${failure?.stage}): ${failure?.message}`;
      return [['  failed: ', 'red'], [harmless(what)]];
    }),
    ...(earlier > 0 ? [[[`  and ${plural(earlier, 'failure')} before`, 'red'] as const]] : []),
  ];
}

/** What is being done, and how far the run is. */
function standing(state: LiveState, now: number): Line[] {
  return [...runningLine(state), standingLine(state, now)];
}

function standingLine(state: LiveState, now: number): Line {
  const { done, manifest, beganAt, measuredUntil, failures } = state;
  const total = manifest.repeats.length;
  const failed: Line = failures.length > 0 ? [[', '], [`${failures.length} failed`, 'red']] : [];
  if (state.over) {
    const made = done === total ? plural(total, 'repeat') : `stopped after ${done} of ${total} repeats`;
    return [[`${made} in ${seconds(now - beganAt)}`, 'bold'], ...failed];
  }
  const leftMs = remainingMs(done, total, manifest.estimatedMs, measuredUntil - beganAt);
  const endsAt = measuredUntil + leftMs;
  const left = seconds(Math.max(1000, endsAt - now));
  return [
    [`${bar(done / total)} ${done}/${total}`, 'bold'],
    ...failed,
    [`  ${seconds(now - beganAt)} gone, about ${left} left (${timeOfDay(endsAt, 'minutes')})`],
  ];
}

const seconds = (ms: number): string => (ms < 500 ? '0 s' : formatDuration(Math.round(ms / 1000) * 1000));

const barWidth = 12;
const bar = (share: number): string => {
  const full = Math.floor(share * barWidth);
  return '█'.repeat(full) + '░'.repeat(barWidth - full);
};

/** The local time; a clock that shows when something ends needs no drawing until then. */
function timeOfDay(at: number, to: 'minutes' | 'seconds'): string {
  const time = new Date(at);
  const parts = [time.getHours(), time.getMinutes(), time.getSeconds()];
  return parts
    .slice(0, to === 'minutes' ? 2 : 3)
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

function runningLine(state: LiveState): Line[] {
  const { running, manifest } = state;
  if (running === null) return [];
  const { planned } = running;
  const blocks = Math.max(...manifest.repeats.map((repeat) => repeat.block));
  const place = planned.pass === 'traced' ? 'traced' : blocks > 1 ? `block ${planned.block}/${blocks}` : '';
  return [
    [
      ['▸ '],
      [nameOf(state, planned.cell), 'bold'],
      [`${place === '' ? '' : `, ${place}`}: ${stepText(running)}`],
    ],
  ];
}

function nameOf({ manifest }: LiveState, { variant, load, concurrency }: Cell): string {
  const under = manifest.scenario.loads.length > 1 ? ` under ${load}` : '';
  return harmless(`${variant} × ${concurrency}${under}`);
}

function stepText({ planned, step, stepBeganAt }: Running): string {
  const { warmupMs, windowMs, drainMs } = planned;
  switch (step) {
    case 'hosts':
      return 'making the hosts';
    case 'server-start':
      return 'starting the server';
    case 'ready':
      return "waiting for the server's first answer";
    case 'probes':
      return 'starting the probes';
    case 'load':
    case 'window': {
      const until = stepBeganAt + (step === 'load' ? warmupMs : 0) + windowMs + drainMs;
      return `measuring ${formatDuration(windowMs)}, until about ${timeOfDay(until, 'seconds')}`;
    }
    case 'drain':
      return 'waiting for the last answers';
    case 'collect':
      return 'reading the probes';
  }
}

function lastLine(state: LiveState): Line[] {
  const { last } = state;
  if (last === null || last.status === 'failed') return [];
  const { figure, note } = outcomeOf(last);
  const detail = note === null || note === '' ? '' : `, ${note}`;
  return [[['  last: ', 'dim'], [`${nameOf(state, last.cell)}: ${figure}${detail}`]]];
}
