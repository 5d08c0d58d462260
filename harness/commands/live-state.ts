import { ceilingAt, ceilingsOfRun } from '../analysis/ceiling.ts';
import { cellFigures, type CellFigures } from '../analysis/cell-figures.ts';
import { analyseRepeat } from '../analysis/repeat.ts';
import type { Manifest, PlannedRepeat } from '../core/manifest.ts';
import { cellId, type RepeatRecord } from '../core/record.ts';
import type { RepeatStep } from '../engine/repeat.ts';
import { pagesOf, type Page } from './live-pages.ts';

/** The repeat that is being made. */
export interface Running {
  readonly planned: PlannedRepeat;
  readonly step: RepeatStep;
  /** When this step began, in milliseconds since 1970, as all times here. */
  readonly stepBeganAt: number;
}

/** All that the live view shows. */
export interface LiveState {
  readonly manifest: Manifest;
  readonly pages: readonly Page[];
  /** Where the results go, as it is shown. */
  readonly directory: string;
  readonly beganAt: number;
  /** When the latest repeat ended; before that, when the run began. */
  readonly measuredUntil: number;
  readonly done: number;
  /** The timed repeats of each cell so far, by the cell's id. */
  readonly cells: ReadonlyMap<string, CellFigures>;
  /** What the loads can do, measured before all else. */
  readonly ceilings: readonly RepeatRecord[];
  readonly running: Running | null;
  readonly last: RepeatRecord | null;
  readonly failures: readonly RepeatRecord[];
  /** The run is over, whether it got to its end or not. */
  readonly over: boolean;
}

export function atTheStart(manifest: Manifest, directory: string, now: number): LiveState {
  return {
    manifest,
    pages: pagesOf(manifest),
    directory,
    beganAt: now,
    measuredUntil: now,
    done: 0,
    cells: new Map(),
    ceilings: [],
    running: null,
    last: null,
    failures: [],
    over: false,
  };
}

export function withStep(state: LiveState, planned: PlannedRepeat, step: RepeatStep, now: number): LiveState {
  return { ...state, running: { planned, step, stepBeganAt: now } };
}

/** Repeats that the figures so far call for. */
export function withMore(state: LiveState, more: readonly PlannedRepeat[]): LiveState {
  const { repeats, estimatedMs } = state.manifest;
  const all = [...repeats, ...more];
  return {
    ...state,
    manifest: { ...state.manifest, repeats: all, estimatedMs: (estimatedMs * all.length) / repeats.length },
  };
}

export function withRecord(state: LiveState, record: RepeatRecord, now: number): LiveState {
  return {
    ...state,
    measuredUntil: now,
    done: state.done + 1,
    cells: record.pass === 'timed' ? withRepeat(state, record) : state.cells,
    ceilings: record.pass === 'ceiling' ? [...state.ceilings, record] : state.ceilings,
    running: null,
    last: record,
    failures: record.status === 'failed' ? [...state.failures, record] : state.failures,
  };
}

function withRepeat({ cells, manifest, ceilings }: LiveState, record: RepeatRecord): LiveState['cells'] {
  const id = cellId(record.cell);
  const repeats = [...(cells.get(id)?.repeats ?? []), analyseRepeat(record, manifest.scenario.probes)];
  const sharedCores = manifest.environment.sharedCores.length > 0;
  const measured = ceilingsOfRun({ manifest, records: ceilings, torn: false }, record.cell.load);
  const ceiling = ceilingAt(measured, record.cell.concurrency);
  return new Map(cells).set(id, cellFigures(repeats, sharedCores, ceiling));
}
