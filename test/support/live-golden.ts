import { atTheStart, withRecord, withStep, type LiveState } from '../../harness/commands/live-state.ts';
import { liveView } from '../../harness/commands/live-view.ts';
import type { Paint } from '../../harness/commands/live-text.ts';
import type { Run } from '../../harness/core/journal.ts';
import { madeUpRun, type MadeUp } from './made-up-run.ts';

const began = new Date(2026, 10, 23, 22, 5, 0).getTime();
const repeatMs = 1900;

const runs = new Map<MadeUp, Run>();

/** Each run is made up once: its histograms take longer than all pictures of it. */
function runWith(options: MadeUp): Run {
  const run = runs.get(options) ?? madeUpRun({ blocks: 5, ...options });
  runs.set(options, run);
  return run;
}

/** The state of a made-up run that is measuring after so many repeats, and the time then. */
export function liveStateAfter(
  repeats: number,
  options: MadeUp = asUsual,
): { state: LiveState; now: number } {
  const { manifest, records } = runWith(options);
  let state = atTheStart(manifest, 'results/single-core/2026-11-23T22-05-00-full-epoll', began);
  for (const [index, record] of records.slice(0, repeats).entries()) {
    state = withRecord(state, record, began + (index + 1) * repeatMs);
  }
  const now = began + repeats * repeatMs + 300;
  const planned = manifest.repeats[repeats];
  return { state: planned ? withStep(state, planned, 'load', now) : { ...state, over: true }, now };
}

const asUsual: MadeUp = {};

const failing: MadeUp = {
  adjust: (record) =>
    record.cell.variant === 'epoll-prefork-2' && record.cell.concurrency >= 1000
      ? {
          ...record,
          status: 'failed',
          failure: {
            stage: 'ready',
            message: 'the server did not answer: \u001b[31mconnection refused\nbad',
          },
        }
      : record,
};

const twoLoads: MadeUp = {
  scenario: {
    loads: [{ id: 'epoll' }, { id: 'processes' }],
    concurrencies: [5, 50],
  },
};

/** Styles as tags, so that a golden file shows them. */
const tags: Paint = (style, text) => `<${style}>${text}</${style}>`;
const plain: Paint = (_, text) => text;

interface Picture {
  readonly columns: number;
  readonly rows: number;
  readonly repeats: number;
  readonly options?: MadeUp;
  readonly paint?: Paint;
}

const pictures: Readonly<Record<string, Picture>> = {
  '200x50': { columns: 200, rows: 50, repeats: 100 },
  '120x40': { columns: 120, rows: 40, repeats: 100, options: failing },
  '80x24': { columns: 80, rows: 24, repeats: 60 },
  '80x24-failing': { columns: 80, rows: 24, repeats: 60, options: failing },
  '80x24-start': { columns: 80, rows: 24, repeats: 0 },
  '80x24-end': { columns: 80, rows: 24, repeats: 1000 },
  '80x24-styles': { columns: 80, rows: 24, repeats: 70, options: failing, paint: tags },
  '80x24-two-loads': { columns: 80, rows: 24, repeats: 15, options: twoLoads },
  '60x16': { columns: 60, rows: 16, repeats: 60 },
  '40x10': { columns: 40, rows: 10, repeats: 60 },
  '80x5': { columns: 80, rows: 5, repeats: 60 },
  '60x12-two-loads': { columns: 60, rows: 12, repeats: 15, options: twoLoads },
};

/** What the live view makes of made-up runs, by the paths below test/golden. */
export function renderLiveGolden(): Map<string, string> {
  return new Map(
    Object.entries(pictures).map(([name, { columns, rows, repeats, options, paint = plain }]) => {
      const { state, now } = liveStateAfter(repeats, options);
      const lines = liveView(state, { columns, rows }, now, paint);
      return [`live/${name}.txt`, lines.map((line) => `${line.trimEnd()}\n`).join('')];
    }),
  );
}
