import type { Run, RunFrame } from '../core/journal.ts';
import { cellId, type Cell, type RepeatRecord } from '../core/record.ts';
import { compareText, lastAttempts } from './attempts.ts';
import { added, bucketsOf, noCounts, type CountTotals } from './hdr-counts.ts';
import { pack, unpack, type PackedRepeats } from './packed-repeats.ts';
import { analyseRepeat, timesOf, type RecordHead, type RepeatAnalysis, type RepeatTimes } from './repeat.ts';

/** Of all good repeats of a cell. */
interface CellTotals {
  response: CountTotals;
  connect: CountTotals;
  scheduleError: CountTotals;
}

/** What the records of a load say of the load itself. */
interface LoadRemarks {
  readonly notes: Set<string>;
  /** Whether a request succeeds only with a whole and right response. */
  checksResponses: boolean;
  /** The longest start of its client processes; null where it has none, or does not tell. */
  startMs: number | null;
}

/** What remains of timed repeats once their records are read: a record itself is several times as large. */
export interface Batch extends PackedRepeats {
  /** Where each record stands in its journal. */
  readonly places: readonly number[];
}

/** What is known of all the records of a part of a journal. */
export interface Summary {
  readonly totals: ReadonlyMap<string, CellTotals>;
  readonly remarks: ReadonlyMap<string, LoadRemarks>;
  /** Records of other passes than timed: they are few, and kept whole. */
  readonly others: readonly RepeatRecord[];
}

/** A part of a journal, digested. */
export interface DigestPart {
  readonly batches: readonly Batch[];
  readonly summary: Summary;
}

/** A run as it is analysed. */
export interface DigestedRun extends RunFrame, Summary {
  /** In the order of the journal, attempts that do not count too. */
  readonly timed: readonly RepeatAnalysis[];
}

const batchLength = 2000;

/** Takes records one by one, and hands on what is needed of them, in batches. */
export class Digester {
  readonly #probes: readonly string[];
  readonly #hand: (batch: Batch) => void;
  readonly #cells = new Map<string, Cell>();
  readonly #totals = new Map<string, CellTotals>();
  readonly #remarks = new Map<string, LoadRemarks>();
  readonly #others: RepeatRecord[] = [];
  #repeats: RepeatAnalysis[] = [];
  #places: number[] = [];

  /** `probes` are those that the scenario names. */
  constructor(probes: readonly string[], hand: (batch: Batch) => void) {
    this.#probes = probes;
    this.#hand = hand;
  }

  /** `place` is where the record stands in its journal. Throws UserError where a histogram cannot be decoded. */
  take(read: RepeatRecord, place: number): void {
    if (read.pass !== 'timed') {
      this.#others.push(read);
      return;
    }
    const record = { ...read, cell: this.#shared(read.cell) };
    const times = timesOf(record);
    change(this.#totals, record, times, 1);
    this.#repeats.push(analyseRepeat(record, this.#probes, times));
    this.#places.push(place);
    if (record.load) remark(this.#remarks, record.cell.load, record.load);
    if (this.#repeats.length === batchLength) this.#flush();
  }

  /** To be called when all were taken. */
  end(): Summary {
    this.#flush();
    return { totals: this.#totals, remarks: this.#remarks, others: this.#others };
  }

  /** One object for all repeats of a cell, which a run has few of. */
  #shared(cell: Cell): Cell {
    const id = cellId(cell);
    const known = this.#cells.get(id) ?? cell;
    this.#cells.set(id, known);
    return known;
  }

  #flush(): void {
    this.#hand({ ...pack(this.#repeats), places: this.#places });
    this.#repeats = [];
    this.#places = [];
  }
}

function change(
  totals: Map<string, CellTotals>,
  { cell }: RepeatRecord,
  { response, connect, scheduleError }: RepeatTimes,
  sign: 1 | -1,
): void {
  const ofCell = totalsOf(totals, cellId(cell));
  if (response) ofCell.response = added(ofCell.response, response.counts, sign);
  if (connect) ofCell.connect = added(ofCell.connect, connect.counts, sign);
  if (scheduleError) ofCell.scheduleError = added(ofCell.scheduleError, scheduleError.counts, sign);
}

function totalsOf(totals: Map<string, CellTotals>, id: string): CellTotals {
  let ofCell = totals.get(id);
  if (!ofCell)
    totals.set(id, (ofCell = { response: noCounts(), connect: noCounts(), scheduleError: noCounts() }));
  return ofCell;
}

function remark(
  remarks: Map<string, LoadRemarks>,
  load: string,
  {
    notes,
    checksResponses,
    startMs,
  }: {
    readonly notes: Iterable<string>;
    readonly checksResponses?: boolean | undefined;
    readonly startMs?: number | null | undefined;
  },
): void {
  let ofLoad = remarks.get(load);
  if (!ofLoad) remarks.set(load, (ofLoad = { notes: new Set(), checksResponses: false, startMs: null }));
  for (const note of notes) ofLoad.notes.add(note);
  if (checksResponses === true) ofLoad.checksResponses = true;
  if (typeof startMs === 'number') ofLoad.startMs = Math.max(startMs, ofLoad.startMs ?? 0);
}

/** Where the records stand that do not count, since a later attempt took their place. */
export function supersededPlaces(parts: readonly DigestPart[]): number[] {
  const batches = parts.flatMap((part) => part.batches);
  const records = batches.flatMap(({ words }) => words.map(({ record }) => record));
  const places = batches.flatMap((batch) => batch.places);
  const counted = new Set(lastAttempts(records));
  return records.flatMap((record, at) => (counted.has(record) ? [] : [places[at]!]));
}

/** Puts the parts of a journal together, in their order. The times of `superseded` records do not count. */
export function digestFrom(
  frame: RunFrame,
  parts: readonly DigestPart[],
  superseded: readonly RepeatRecord[],
): DigestedRun {
  const totals = new Map<string, CellTotals>();
  const remarks = new Map<string, LoadRemarks>();
  for (const { summary } of parts) {
    for (const [id, { response, connect, scheduleError }] of summary.totals) {
      const ofCell = totalsOf(totals, id);
      ofCell.response = added(ofCell.response, bucketsOf(response));
      ofCell.connect = added(ofCell.connect, bucketsOf(connect));
      ofCell.scheduleError = added(ofCell.scheduleError, bucketsOf(scheduleError));
    }
    for (const [load, ofLoad] of summary.remarks) remark(remarks, load, ofLoad);
  }
  for (const record of superseded) change(totals, record, timesOf(record), -1);
  return {
    ...frame,
    timed: parts.flatMap(({ batches }) => batches.flatMap(unpack)),
    totals,
    remarks,
    others: parts.flatMap(({ summary }) => summary.others),
  };
}

/** Digests a run that was read whole; one that is digested stays as it is. */
export function digestOf(run: Run | DigestedRun): DigestedRun {
  if ('timed' in run) return run;
  const { records, ...frame } = run;
  const batches: Batch[] = [];
  const digester = new Digester(run.manifest.scenario.probes, (batch) => batches.push(batch));
  for (const [place, record] of records.entries()) digester.take(record, place);
  const parts = [{ batches, summary: digester.end() }];
  return digestFrom(
    frame,
    parts,
    supersededPlaces(parts).map((place) => records[place]!),
  );
}

/** Records of the passes that are kept whole, and perhaps others. */
export const wholeRecords = (run: Run | DigestedRun): readonly RepeatRecord[] =>
  'timed' in run ? run.others : run.records;

/** What the load says of itself in timed repeats, and in those of other passes if `all`; sorted. */
export function notesOf(run: DigestedRun, load: string, { all }: { readonly all: boolean }): string[] {
  const others = all ? run.others.filter(({ cell }) => cell.load === load) : [];
  const notes = new Set(run.remarks.get(load)?.notes);
  for (const record of others) for (const note of record.load?.notes ?? []) notes.add(note);
  return [...notes].sort();
}

/** The longest that a load took to start its client processes in any repeat; null where none tells. */
export const longestStartMs = (run: DigestedRun, load: string): number | null =>
  run.remarks.get(load)?.startMs ?? null;

export const checksResponses = (run: DigestedRun, load: string): boolean =>
  run.remarks.get(load)?.checksResponses === true ||
  run.others.some((record) => record.cell.load === load && record.load?.checksResponses === true);

/** Every attempt that failed, of any pass, in the order in which they ran. */
export function failedRepeats(run: DigestedRun, load: string): RecordHead[] {
  return [...run.others, ...run.timed.map(({ record }) => record)]
    .filter((record) => record.status === 'failed' && record.cell.load === load)
    .sort((a, b) => a.position - b.position || compareText(a.repeatId, b.repeatId));
}

/** The loads that a run has records of, in the scenario's order. */
export function recordedLoads(run: Run | DigestedRun, pass: 'timed' | 'any'): string[] {
  const records = wholeRecords(run).filter((record) => pass === 'any' || record.pass === pass);
  const timed = 'timed' in run ? run.timed : [];
  const seen = new Set([...records, ...timed.map(({ record }) => record)].map(({ cell }) => cell.load));
  const known = run.manifest.scenario.loads.map((load) => load.id).filter((id) => seen.has(id));
  return [...known, ...[...seen].filter((id) => !known.includes(id)).sort()];
}
