import type { Run, RunFrame } from '../core/journal.ts';
import { cellId, type RepeatRecord } from '../core/record.ts';
import { compareText, lastAttempts } from './attempts.ts';
import { CountTotals } from './hdr-counts.ts';
import { analyseRepeat, timesOf, type RecordHead, type RepeatAnalysis, type RepeatTimes } from './repeat.ts';

/** Of all good repeats of a cell. */
export interface CellTimes {
  readonly response: CountTotals;
  readonly connect: CountTotals;
}

/** What the records of a load say of the load itself. */
export interface LoadRemarks {
  readonly notes: Set<string>;
  /** Whether a request succeeds only with a whole and right response. */
  checksResponses: boolean;
}

/** What remains of timed records once they are read: a record itself is ten times as large. */
export interface Digest {
  /** In the order of the journal, attempts that do not count too. */
  readonly timed: readonly RepeatAnalysis[];
  /** By cell, of the attempts that count. */
  readonly times: ReadonlyMap<string, CellTimes>;
  readonly remarks: ReadonlyMap<string, LoadRemarks>;
}

/** A run as it is analysed. Records of other passes than timed are few, and kept whole. */
export interface DigestedRun extends RunFrame, Digest {
  readonly others: readonly RepeatRecord[];
}

/** Takes records one by one, and keeps what is needed of them. */
export class Digester {
  readonly #probes: readonly string[];
  readonly timed: RepeatAnalysis[] = [];
  readonly times = new Map<string, CellTimes>();
  readonly remarks = new Map<string, LoadRemarks>();
  readonly others: RepeatRecord[] = [];

  /** `probes` are those that the scenario names. */
  constructor(probes: readonly string[]) {
    this.#probes = probes;
  }

  /** Whether the record is a timed one. Throws UserError where a histogram cannot be decoded. */
  take(record: RepeatRecord): boolean {
    if (record.pass !== 'timed') {
      this.others.push(record);
      return false;
    }
    const times = timesOf(record);
    this.#change(record, times, 'add');
    this.timed.push(analyseRepeat(record, this.#probes, times));
    if (record.load) this.#remark(record.cell.load, record.load);
    return true;
  }

  /** Takes the times of an attempt out again, since a later one counts in its place. */
  supersede(record: RepeatRecord): void {
    this.#change(record, timesOf(record), 'remove');
  }

  #change(record: RepeatRecord, { response, connect }: RepeatTimes, change: 'add' | 'remove'): void {
    const id = cellId(record.cell);
    let ofCell = this.times.get(id);
    if (!ofCell) this.times.set(id, (ofCell = { response: new CountTotals(), connect: new CountTotals() }));
    if (response) ofCell.response[change](response.counts);
    if (connect) ofCell.connect[change](connect.counts);
  }

  #remark(load: string, { notes, checksResponses }: NonNullable<RepeatRecord['load']>): void {
    let remarks = this.remarks.get(load);
    if (!remarks) this.remarks.set(load, (remarks = { notes: new Set(), checksResponses: false }));
    for (const note of notes) remarks.notes.add(note);
    if (checksResponses === true) remarks.checksResponses = true;
  }
}

/** Digests a run that was read whole; one that is digested stays as it is. */
export function digestOf(run: Run | DigestedRun): DigestedRun {
  if ('timed' in run) return run;
  const { records, ...frame } = run;
  const digester = new Digester(run.manifest.scenario.probes);
  for (const record of records) digester.take(record);
  const timed = records.filter(({ pass }) => pass === 'timed');
  const counted = new Set(lastAttempts(timed));
  for (const record of timed) if (!counted.has(record)) digester.supersede(record);
  const { times, remarks, others } = digester;
  return { ...frame, timed: digester.timed, times, remarks, others };
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
