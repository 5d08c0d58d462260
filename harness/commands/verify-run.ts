import { basename, join } from 'node:path';
import type { Check } from '../analysis/checks.ts';
import { differences } from '../analysis/differences.ts';
import { keepsNotes } from '../analysis/older-notes.ts';
import { hasShares } from '../analysis/rate-curves.ts';
import { attemptName, outcomeBy } from '../core/attempts.ts';
import { messageOf } from '../core/errors.ts';
import { choicesFor } from '../core/grid.ts';
import type { PlannedRepeat } from '../core/manifest.ts';
import type { Probe } from '../core/plugin.ts';
import { shareIn } from '../core/rate-share.ts';
import type { RawTexts } from '../core/raw-texts.ts';
import { cellId, type RepeatRecord } from '../core/record.ts';
import { loadAt } from '../engine/load-rate.ts';
import { projectRoot } from '../effects/machine.ts';
import { sha256 } from '../effects/hash.ts';
import { filesBelow, readText } from '../effects/output-files.ts';
import { readRaw } from '../effects/raw-output.ts';
import { loadPlugin } from '../effects/registry.ts';
import { readRun, type StoredRun } from '../effects/results.ts';
import { readSeedTables } from '../effects/seed-figures.ts';
import { csvFiles } from '../render/csv.ts';
import { factText } from '../render/sections/checks.ts';
import { analyseRun } from './analysed-runs.ts';
import { recompute } from './verify-record.ts';

/** Something that is not as the run's own raw output, plan or journal makes it. */
export interface Damage {
  /** Relative to the run. */
  readonly file: string;
  readonly text: string;
}

/** One kind of things that were looked at. */
export interface Verified {
  readonly what: string;
  readonly checked: number;
  /** How many of them hold. */
  readonly hold: number;
  /** Set where some of it could not be looked at, as `notes` say. */
  readonly partly?: true;
  /** What could not be checked, or what a reader should know; no damage. */
  readonly notes: readonly string[];
  readonly damage: readonly Damage[];
}

const journalFile = 'records.ndjson';

/** Computes all of a run again that its files allow, and holds it against them. Throws UserError for bad input. */
export async function verifyRun(directory: string): Promise<Verified[]> {
  const run = await readRun(directory);
  const files = await filesBelow(join(directory, 'raw'));
  return [
    verifyPlan(run),
    ...verifyAttempts(run),
    await verifyRecords(run),
    ...verifyShares(run),
    verifyRawFiles(run, files),
    ...(await verifyTablesAndCounts(run)),
    await verifyPrograms(run),
  ];
}

const verified = (
  what: string,
  checked: number,
  damaged: number,
  damage: readonly Damage[],
  notes: readonly string[] = [],
): Verified => ({ what, checked, hold: checked - damaged, notes, damage });

/** Each planned repeat has a record that is about what was planned. */
function verifyPlan({ manifest, records, torn }: StoredRun): Verified {
  const recorded = new Set(records.map(({ repeatId }) => repeatId));
  const plan = new Map(manifest.repeats.map((planned) => [planned.repeatId, planned]));
  const missing = manifest.repeats.filter(({ repeatId }) => !recorded.has(repeatId));
  const damage = [
    ...missing.map(({ repeatId }) => ({
      file: journalFile,
      text: `${repeatId}: was planned and has no record`,
    })),
    ...records
      .flatMap((record) => {
        const planned = plan.get(record.repeatId);
        if (planned === undefined) return [`${record.repeatId}: was not planned`];
        return differences(planOf(planned), planOf(record), record.repeatId).map(
          ({ path, recorded, recomputed }) =>
            `${path}: ${JSON.stringify(recomputed)}, but ${JSON.stringify(recorded)} was planned`,
        );
      })
      .map((text) => ({ file: journalFile, text })),
    ...(torn ? [{ file: journalFile, text: 'the last line was cut off' }] : []),
  ];
  return verified('planned repeats with a record', manifest.repeats.length, missing.length, damage);
}

/** Every record is of an attempt that the manifest lists, and every attempt that left one has it. */
function verifyAttempts({ manifest, records }: StoredRun): Verified[] {
  if (manifest.schema === 1) return [];
  const byName = new Map(records.map((record) => [attemptName(record), record]));
  const listed = new Set(manifest.attempts.map(attemptName));
  const wrong = manifest.attempts.flatMap((attempt) => {
    const record = byName.get(attemptName(attempt));
    const journalled = record === undefined ? 'no record' : `a record that says ${record.status}`;
    return outcomeBy(record, attempt.outcome) === attempt.outcome
      ? []
      : [`${attemptName(attempt)}: called ${attempt.outcome}, with ${journalled}`];
  });
  const unlisted = records.filter((record) => !listed.has(attemptName(record)));
  const damage = [
    ...wrong.map((text) => ({ file: 'manifest.json', text })),
    ...unlisted.map((record) => ({
      file: journalFile,
      text: `${attemptName(record)}: no attempt that the manifest lists`,
    })),
  ];
  return [verified('attempts as the journal has them', manifest.attempts.length, wrong.length, damage)];
}

/** Each rate that is a share of a capacity is that share of what was served in its block. */
function verifyShares({ manifest: { scenario }, records }: StoredRun): Verified[] {
  if (!hasShares(scenario)) return [];
  let checked = 0;
  const damage = records.flatMap((record, at): Damage[] => {
    const rate = record.load?.openLoop?.rate;
    const { load } = choicesFor(scenario, record.cell, record.pass);
    if (rate === undefined || shareIn(load.params) === null) return [];
    checked += 1;
    const asked = loadAt(load, scenario, record, records.slice(0, at));
    const wanted = 'impossible' in asked ? null : asked.params['rate'];
    if (wanted === rate) return [];
    const share = wanted === null ? 'nothing before it gives one' : `its share is ${String(wanted)}`;
    return [{ file: journalFile, text: `${record.repeatId}: the rate was ${rate} /s, but ${share}` }];
  });
  return [verified('rates that are their share of a capacity', checked, damage.length, damage)];
}

function planOf({ pass, block, cell, tracer }: PlannedRepeat | RepeatRecord) {
  return { pass, block, cell, tracer };
}

async function verifyRecords(run: StoredRun): Promise<Verified> {
  const { records, directory } = run;
  const damage: Damage[] = [];
  const raws = new Map<RepeatRecord, RawTexts>();
  for (const record of records) {
    try {
      if (record.raw !== undefined) raws.set(record, await readRaw(join(directory, record.raw)));
    } catch (error) {
      damage.push({ file: record.raw!, text: messageOf(error) });
    }
  }
  const older = ![...raws.values()].some(keepsNotes);
  const unknown = new Map<string, number>();
  let damaged = records.length - raws.size;
  for (const [record, raw] of raws) {
    const found = recompute({ record, raw, older, ...(await pluginsOf(run, record)) });
    if (found.damage.length > 0) damaged += 1;
    for (const text of found.damage) damage.push({ file: record.raw!, text });
    for (const text of found.unknown) unknown.set(text, (unknown.get(text) ?? 0) + 1);
  }
  const notes = [...unknown].map(([text, count]) => `in ${count} cannot be recomputed: ${text}`);
  if (older && raws.size > 0) {
    notes.push(
      'in all cannot be recomputed: process ids, lengths of windows and sockets over time, which a version this old noted in its records alone',
    );
  }
  const nameless = records.filter(({ raw }) => raw === undefined);
  damage.push(
    ...nameless.map(({ repeatId }) => ({ file: journalFile, text: `${repeatId}: names no raw output` })),
  );
  const found = verified('records as their raw output gives them', records.length, damaged, damage, notes);
  return notes.length > 0 ? { ...found, partly: true } : found;
}

/** The plug-ins that a repeat was made with, and what was asked of its load. */
async function pluginsOf({ manifest }: StoredRun, record: RepeatRecord) {
  const { scenario, environment, repeats } = manifest;
  const choices = choicesFor(scenario, record.cell, record.pass);
  const names = [...choices.probes, ...(record.tracer === undefined ? [] : [record.tracer])];
  const probes = new Map<string, Probe>();
  for (const name of names) probes.set(name, await loadPlugin('probes', name));
  return {
    probes,
    load: await loadPlugin('loads', choices.load.id),
    request: {
      address: environment.tom.address,
      // No parser asks for it, and no manifest keeps it.
      port: 0,
      concurrency: record.cell.concurrency,
      warmupMs: record.warmupMs,
      windowMs: record.windowMs,
      drainMs: repeats.find(({ repeatId }) => repeatId === record.repeatId)?.drainMs ?? 0,
      choice: choices.load,
    },
  };
}

/** Each file of raw output belongs to one record. */
function verifyRawFiles({ records }: StoredRun, files: readonly string[]): Verified {
  const named = new Map<string, number>();
  for (const { raw } of records) if (raw !== undefined) named.set(raw, (named.get(raw) ?? 0) + 1);
  const damage = files.flatMap((path) => {
    const file = join('raw', basename(path));
    const count = named.get(file) ?? 0;
    return count === 1
      ? []
      : [{ file, text: count === 0 ? 'no record names it' : `${count} records name it` }];
  });
  return verified('raw files named by one record', files.length, damage.length, damage);
}

/** The tables are what the records make of them; what client, server and kernel counted may well differ in a good run. */
async function verifyTablesAndCounts(run: StoredRun): Promise<Verified[]> {
  const pages = analyseRun(run, await readSeedTables());
  const tables = csvFiles(pages);
  const damage: Damage[] = [];
  for (const [file, text] of tables) {
    const found = await readText(join(run.directory, file));
    if (found !== text) damage.push({ file, text: whereTablesDiffer(found, text) });
  }
  const counts = agreements.map(({ kind, what }) =>
    agreementOf(
      what,
      pages.flatMap(({ checks }) => checks.filter((check) => check.kind === kind)),
    ),
  );
  return [
    verified('tables as the records make them', tables.size, damage.length, damage),
    ...counts.filter(({ checked }) => checked > 0),
  ];
}

const agreements = [
  { kind: 'client-server', what: 'repeats where client and server counted the same' },
  { kind: 'server-kernel', what: 'repeats where server and kernel counted the same' },
  {
    kind: 'client-kernel',
    what: 'repeats of servers without counters where client and kernel counted the same',
  },
] as const;

function agreementOf(what: string, checks: readonly Check[]): Verified {
  const findings = checks.flatMap((check) => check.findings);
  const sum = (key: 'checked' | 'skipped'): number => checks.reduce((total, check) => total + check[key], 0);
  const notes = findings.map(
    ({ cell, block, fact }) =>
      `${cellId(cell.cell)}${block === null ? '' : ` block ${block}`}: ${factText(fact)}`,
  );
  if (sum('skipped') > 0) notes.push(`${sum('skipped')} more without counters to hold against each other`);
  return verified(what, sum('checked'), findings.length, [], notes);
}

function whereTablesDiffer(found: string | null, text: string): string {
  if (found === null) return 'is missing';
  const [lines, wanted] = [found.split('\n'), text.split('\n')];
  const at = wanted.findIndex((line, index) => line !== lines[index]);
  if (at < 0) return `line ${wanted.length} and after: more than the records make`;
  const columns = wanted[0]!.split(',');
  const [cells, wantedCells] = [lines[at]?.split(',') ?? [], wanted[at]!.split(',')];
  const column = wantedCells.findIndex((cell, index) => cell !== cells[index]);
  const place = `line ${at + 1}, column ${columns[column] ?? column + 1}`;
  return `${place}: ${cells[column] ?? 'nothing'}, but the records make ${wantedCells[column] ?? 'nothing'} of it`;
}

/** Whether the programs of the run are those built here. Others are no damage: they were built elsewhere, or since. */
async function verifyPrograms({ manifest }: StoredRun): Promise<Verified> {
  const notes: string[] = [];
  for (const [name, hash] of Object.entries(manifest.programs)) {
    const here = await sha256(join(projectRoot, 'build', 'release', 'bin', name)).catch(() => null);
    if (here === null) notes.push(`${name}: not built here`);
    else if (here !== hash) notes.push(`${name}: another one than that built here`);
  }
  return verified(
    'programs the same as those built here',
    Object.keys(manifest.programs).length,
    notes.length,
    [],
    notes,
  );
}
