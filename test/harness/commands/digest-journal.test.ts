import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestFrom, recordedLoads, type DigestedRun } from '../../../harness/analysis/digest.ts';
import { analysePage } from '../../../harness/analysis/page.ts';
import { digestJournal } from '../../../harness/commands/digest-journal.ts';
import { readDigest } from '../../../harness/commands/digest-run.ts';
import type { Run } from '../../../harness/core/journal.ts';
import type { RepeatRecord } from '../../../harness/core/record.ts';
import { findRuns, readRun } from '../../../harness/effects/results.ts';
import { csvFiles } from '../../../harness/render/csv.ts';
import { writeRun } from '../../support/write-run.ts';

const newest = (await findRuns('results')).findLast((directory) => directory.includes('/single-core/'))!;
const real = await readRun(newest);
const { probes } = real.manifest.scenario;

let directory: string;
let journal: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'forkbench-digest-'));
  journal = join(directory, 'records.ndjson');
  await writeRun(directory, real);
});
afterEach(() => rm(directory, { recursive: true }));

const tablesOf = (run: Run | DigestedRun): ReadonlyMap<string, string> =>
  csvFiles(recordedLoads(run, 'any').map((load) => analysePage(run, load, null)));

async function tablesByThreads(): Promise<ReadonlyMap<string, string>> {
  const { parts, torn } = await digestJournal(journal, probes, 1);
  expect(parts).toHaveLength(2);
  return tablesOf(digestFrom({ manifest: real.manifest, torn }, parts, []));
}

describe('digestJournal', () => {
  it('makes the same tables by one thread, by two, and of a run that is read whole', async () => {
    const whole = tablesOf(real);
    expect(whole.get('repeats.csv')!.split('\n').length).toBeGreaterThan(100);
    expect(tablesOf(await readDigest(directory))).toEqual(whole);
    expect(await tablesByThreads()).toEqual(whole);
  });

  it('names a damaged line by its number in the journal, whichever thread met it', async () => {
    const lines = (await readFile(journal, 'utf8')).split('\n');
    const damaged = lines.length - 3;
    await writeFile(journal, lines.with(damaged - 1, '{"schema":2').join('\n'));
    const message = await digestJournal(journal, probes, 1).then(
      () => 'nothing was thrown',
      (error: unknown) => String(error),
    );
    expect(message).toContain(`records.ndjson:${damaged}: not JSON`);
  });

  it('sees that the journal is torn, by one thread or two', async () => {
    const text = await readFile(journal, 'utf8');
    await writeFile(journal, text.slice(0, -40));
    for (const worthThread of [1, Infinity]) {
      const { parts, torn } = await digestJournal(journal, probes, worthThread);
      const { others, timed } = digestFrom({ manifest: real.manifest, torn }, parts, []);
      expect(torn).toBe(true);
      expect(others.length + timed.length).toBe(real.records.length - 1);
    }
  });
});

describe('readDigest', () => {
  it('counts the last attempt at a repeat alone', async () => {
    const first = real.records.find(({ pass, load }) => pass === 'timed' && load?.responseTime)!;
    const other = real.records.find(
      ({ pass, cell, load }) =>
        pass === 'timed' && load?.responseTime && cell.concurrency !== first.cell.concurrency,
    )!;
    // Times that nobody would miss among those of its cell.
    const superseded = { ...first, position: 0, load: other.load };
    const records = [superseded, ...real.records];
    await writeRun(directory, { ...real, records });
    expect(tablesOf(await readDigest(directory))).toEqual(tablesOf(real));
    expect(tablesOf({ ...real, records })).toEqual(tablesOf(real));
  });

  it('finds in a run of many blocks what it finds in a few of the same figures', async () => {
    const times = 5;
    const blocks = Math.max(...real.records.map(({ block }) => block));
    const copy = (record: RepeatRecord, at: number): RepeatRecord => ({
      ...record,
      repeatId: `${record.repeatId}-${at}`,
      block: record.block + at * blocks,
    });
    const records = real.records.flatMap((record) =>
      record.pass === 'timed' ? Array.from({ length: times }, (_, at) => copy(record, at)) : [record],
    );
    await writeRun(directory, { ...real, records });
    const [many, few] = [await readDigest(directory), real].map((run) => cellsIn(tablesOf(run)));
    expect(many).toHaveLength(few!.length);
    for (const [at, cell] of few!.entries()) {
      for (const [column, value] of Object.entries(cell)) {
        if (/(Median|Min|Max|P50Us|P90Us|P99Us|MaxUs)$/.test(column)) {
          expect([column, many![at]![column]]).toEqual([column, value]);
        }
      }
      expect(Number(many![at]!['responseCount'])).toBe(times * Number(cell['responseCount']));
    }
  });
});

function cellsIn(tables: ReadonlyMap<string, string>): Record<string, string>[] {
  const [header, ...rows] = tables.get('cells.csv')!.trimEnd().split('\n');
  const names = header!.split(',');
  return rows.map((row) => Object.fromEntries(row.split(',').map((field, at) => [names[at]!, field])));
}
