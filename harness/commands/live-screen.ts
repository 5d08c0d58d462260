import { clearLine, cursorTo, moveCursor } from 'node:readline';
import { stripVTControlCharacters, styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import type { Manifest, PlannedRepeat } from '../core/manifest.ts';
import type { RepeatRecord } from '../core/record.ts';
import type { RepeatStep } from '../engine/repeat.ts';
import { atTheStart, withMore, withRecord, withStep } from './live-state.ts';
import { widthOf } from './live-text.ts';
import { liveView, type TerminalSize } from './live-view.ts';

/** A terminal, as process.stdout is one. */
export type Terminal = NodeJS.WritableStream & Partial<TerminalSize>;

/** While steps follow each other fast, only what lasts longer than this is worth a picture. */
const tickMs = 1000;

/**
 * The live view of a run on a terminal. It draws when a repeat begins, right before its load starts, and once a second
 * while something else lasts long; from the load's start to the end of its window it draws nothing and has no timer,
 * since the harness may sit on a core that is measured.
 */
export function liveScreen(
  terminal: Terminal,
  manifest: Manifest,
  directory: string,
  earlier: readonly RepeatRecord[] = [],
) {
  let state = earlier.reduce(
    (known, record) => withRecord(known, record, Date.now()),
    atTheStart(manifest, directory, Date.now()),
  );
  let timer: NodeJS.Timeout | undefined;
  const frame = frameOn(terminal);

  const draw = (): void => {
    const size = sizeOf(terminal);
    const paint: Parameters<typeof liveView>[3] = (style, text) =>
      styleText(style, text, { stream: terminal });
    frame.draw(liveView(state, size, Date.now(), paint), size);
  };
  const rest = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const wake = (): void => {
    timer ??= setInterval(draw, tickMs).unref();
  };
  return {
    planned(more: readonly PlannedRepeat[]): void {
      state = withMore(state, more);
    },
    started(planned: PlannedRepeat): void {
      state = withStep(state, planned, 'hosts', Date.now());
      draw();
      wake();
    },
    entered(planned: PlannedRepeat, step: RepeatStep): void {
      state = withStep(state, planned, step, Date.now());
      if (step === 'load') {
        rest();
        draw();
      }
      if (step === 'drain' || step === 'collect') wake();
    },
    finished(record: RepeatRecord): void {
      state = withRecord(state, record, Date.now());
    },
    /** The last picture stays where it is. */
    close(): void {
      rest();
      state = { ...state, running: null, over: true };
      draw();
      frame.done();
    },
  };
}

/** A terminal that does not say how large it is gets the size that all programs expect. */
const sizeOf = ({ columns, rows }: Terminal): TerminalSize => ({ columns: columns ?? 80, rows: rows ?? 24 });

/** Replaces one picture by the next. */
function frameOn(terminal: Terminal) {
  // A cursor that was never hidden need not be shown again by somebody who was killed.
  const log = createLogUpdate(terminal, { showCursor: true });
  let drawn: { readonly lines: readonly string[]; readonly size: TerminalSize } | null = null;
  return {
    draw(lines: readonly string[], size: TerminalSize): void {
      // What was typed since stands there, ^C above all.
      clearLine(terminal, 0);
      const resized = drawn && (drawn.size.columns !== size.columns || drawn.size.rows !== size.rows);
      if (drawn && resized) {
        erase(terminal, drawn.lines, size);
        log.done();
      }
      log(lines.join('\n'));
      drawn = { lines, size };
    },
    done: () => log.done(),
  };
}

/** Takes a picture away that was drawn at another size: most terminals have broken its long lines since. */
function erase(terminal: Terminal, lines: readonly string[], { columns, rows }: TerminalSize): void {
  const heights = lines.map((line) =>
    Math.max(1, Math.ceil(widthOf(stripVTControlCharacters(line)) / Math.max(1, columns))),
  );
  const height = heights.reduce((sum, one) => sum + one, 0);
  // Line by line: some terminals keep what a clearing of the whole screen takes away.
  for (let row = Math.min(height, rows - 1); row > 0; row--) {
    moveCursor(terminal, 0, -1);
    clearLine(terminal, 0);
  }
  cursorTo(terminal, 0);
}
