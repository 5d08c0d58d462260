import { mkdtemp, readFile, rm, truncate, writeFile, appendFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../harness/core/errors.ts';
import { manifestSchema, type Manifest } from '../../../harness/core/manifest.ts';
import { schemaVersion, type RepeatRecord } from '../../../harness/core/record.ts';
import { readRun } from '../../../harness/effects/results.ts';
import { createRun, reopenRun, type RunStore } from '../../../harness/effects/run-store.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const run = madeUpRun({ scenario: { concurrencies: [5], traced: undefined }, blocks: 2 });
const manifest: Manifest = { ...run.manifest, schema: schemaVersion };
/** Without what probes and load filled in: it is cut at every byte. */
const [first, second, third] = run.records.map((record) => ({
  ...record,
  load: undefined,
  server: undefined,
  kernel: undefined,
  cpu: undefined,
  sockets: undefined,
})) as unknown as [RepeatRecord, RepeatRecord, RepeatRecord];
const resumed = { at: '2026-11-25T00:00:00.000Z', commit: null };
const raw = { 'load/stdout.txt': 'some output' };

let root = '';
let directory = '';
let journal = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'forkbench-store-'));
  directory = join(root, 'results', 'single-core', 'one');
  journal = join(directory, 'records.ndjson');
});
afterEach(() => rm(root, { recursive: true }));

/** One attempt that leaves a record. */
async function measure(store: RunStore, record: RepeatRecord): Promise<void> {
  await store.begin({ repeatId: record.repeatId, attempt: record.attempt, reason: null });
  await store.append({ record, raw });
}

const outcomes = async (): Promise<string[]> => {
  const text = await readFile(join(directory, 'manifest.json'), 'utf8');
  const { attempts } = manifestSchema.parse(JSON.parse(text));
  return attempts.map(({ repeatId, attempt, outcome }) => `${repeatId} ${attempt} ${outcome}`);
};

const ids = (records: readonly RepeatRecord[]): string[] => records.map(({ repeatId }) => repeatId);

async function refusal(doing: Promise<unknown>): Promise<UserError> {
  const error: unknown = await doing.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe('a run that is measured', () => {
  it('names each attempt in its manifest before it begins, and what became of it', async () => {
    const store = await createRun(directory, manifest);
    await store.begin({ repeatId: first.repeatId, attempt: 1, reason: null });
    expect(await outcomes()).toEqual([`${first.repeatId} 1 running`]);
    await store.append({ record: first, raw });
    await store.begin({ repeatId: first.repeatId, attempt: 2, reason: 'a longer window' });
    expect(await outcomes()).toEqual([`${first.repeatId} 1 superseded`, `${first.repeatId} 2 running`]);
    await store.append({ record: { ...first, attempt: 2, status: 'failed' }, raw });
    await store.begin({ repeatId: second.repeatId, attempt: 1, reason: null });
    await store.close();
    expect(await outcomes()).toEqual([
      `${first.repeatId} 1 superseded`,
      `${first.repeatId} 2 failed`,
      `${second.repeatId} 1 discarded`,
    ]);
    // Both records and both raw files are there.
    expect((await readRun(directory)).records.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(await readdir(join(directory, 'raw'))).toHaveLength(2);
  });

  it('says when it is complete, and holds repeats that were planned later', async () => {
    const store = await createRun(directory, manifest);
    const more = { ...manifest.repeats[0]!, repeatId: 'b9-more', block: 9 };
    await store.extend([more]);
    expect((await readRun(directory)).manifest.completedAt).toBeUndefined();
    await store.complete();
    await store.close();
    const stored = await readRun(directory);
    expect(stored.manifest.repeats.at(-1)).toEqual(more);
    expect(stored.manifest.completedAt).toMatch(/^20/);
  });

  it('is not made where another one is', async () => {
    await (await createRun(directory, manifest)).close();
    expect((await refusal(createRun(directory, manifest))).message).toMatch(/ENOTEMPTY/);
  });

  it('is written to by one at a time, and says by whom', async () => {
    const store = await createRun(directory, manifest);
    const { message, remedy } = await refusal(reopenRun(directory, resumed));
    expect(message).toMatch(new RegExp(`is being written to by process ${process.pid}`));
    expect(remedy).toBe('wait until that run has ended');
    await store.close();
    await (await reopenRun(directory, resumed)).store.close();
  });

  it('notices that somebody else wrote to its journal, and leaves that alone', async () => {
    const store = await createRun(directory, manifest);
    await measure(store, first);
    await appendFile(journal, `${JSON.stringify(second)}\n`);
    const before = await readFile(journal, 'utf8');
    const { message } = await refusal(measure(store, third));
    expect(message).toMatch(/records\.ndjson has changed while the run was writing to it/);
    expect(await readFile(journal, 'utf8')).toBe(before);
    await store.close();
  });
});

describe('a run that ended early', () => {
  /** Two whole records, the second of which is the last. */
  async function twoRecords(): Promise<Buffer> {
    const store = await createRun(directory, manifest);
    await measure(store, first);
    await measure(store, second);
    await store.close();
    return readFile(journal);
  }

  it('loses only its last record, whichever byte the journal was cut at, and can be gone on with', async () => {
    const whole = await twoRecords();
    const begin = whole.indexOf('\n') + 1;
    const kept = whole.subarray(0, begin).toString();
    for (let cut = begin; cut < whole.length; cut++) {
      await writeFile(journal, whole.subarray(0, cut));
      const { store, run: reopened } = await reopenRun(directory, resumed);
      expect(ids(reopened.records), `cut at byte ${cut}`).toEqual([first.repeatId]);
      expect(await readFile(journal, 'utf8')).toBe(kept);
      await store.close();
    }
    const { store } = await reopenRun(directory, resumed);
    expect(await outcomes()).toEqual([`${first.repeatId} 1 ok`, `${second.repeatId} 1 discarded`]);
    await measure(store, { ...second, attempt: 2 });
    await store.close();
    const { records, torn } = await readRun(directory);
    expect(ids(records)).toEqual([first.repeatId, second.repeatId]);
    expect(torn).toBe(false);
  }, 60_000);

  it('marks attempts that left no record', async () => {
    await twoRecords();
    // As a kill leaves it: the outcome of the last attempts was never written.
    const path = join(directory, 'manifest.json');
    const stored = manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    const attempts = [
      ...stored.attempts.map((attempt) => ({ ...attempt, outcome: 'running' as const })),
      { ...stored.attempts[1]!, repeatId: third.repeatId, outcome: 'running' as const },
    ];
    await writeFile(path, JSON.stringify({ ...stored, attempts }));
    const { store } = await reopenRun(directory, resumed);
    await store.close();
    expect(await outcomes()).toEqual([
      `${first.repeatId} 1 ok`,
      `${second.repeatId} 1 ok`,
      `${third.repeatId} 1 discarded`,
    ]);
    expect((await readRun(directory)).manifest.resumed).toEqual([resumed]);
  });

  it('has no raw output left of an attempt whose record was never written', async () => {
    await twoRecords();
    const whole = (await readFile(journal)).toString();
    await writeFile(journal, `${whole.split('\n')[0]}\n`);
    await (await reopenRun(directory, resumed)).store.close();
    expect(await readdir(join(directory, 'raw'))).toEqual([`${first.repeatId}.json.gz`]);
  });

  it('is refused where it is damaged in the middle, with the line, and is left as it is', async () => {
    const whole = (await twoRecords()).toString();
    for (const damage of [whole.slice(10), `{}\n${whole}`, whole.replace('"status":"ok"', '"status":"so"')]) {
      await writeFile(journal, damage);
      expect((await refusal(reopenRun(directory, resumed))).message).toMatch(/records\.ndjson:1: /);
      expect(await readFile(journal, 'utf8')).toBe(damage);
    }
    // Nobody holds it any more.
    await writeFile(journal, whole);
    await (await reopenRun(directory, resumed)).store.close();
  });

  it('is refused where a record is there twice', async () => {
    const whole = (await twoRecords()).toString();
    const [line] = whole.split('\n');
    await writeFile(journal, `${whole}${line}\n`);
    const { message, remedy } = await refusal(reopenRun(directory, resumed));
    expect(message).toMatch(/records\.ndjson:3: the same repeat and attempt as in line 1/);
    expect(remedy).toBe('delete one of the two lines');
  });

  it('may have been killed before its journal was made', async () => {
    await (await createRun(directory, manifest)).close();
    await rm(journal);
    const { store, run: reopened } = await reopenRun(directory, resumed);
    expect(reopened.records).toEqual([]);
    await measure(store, first);
    await store.close();
    expect(ids((await readRun(directory)).records)).toEqual([first.repeatId]);
  });

  it('says how to go on when nothing can be written', async () => {
    const store = await createRun(directory, manifest);
    await measure(store, first);
    // A file where the directory of raw output was.
    await rm(join(directory, 'raw'), { recursive: true });
    await writeFile(join(directory, 'raw'), '');
    const { message, remedy } = await refusal(measure(store, second));
    expect(message).toMatch(/cannot be written: ENOTDIR/);
    expect(remedy).toMatch(/npx tsx harness\/run\.ts --resume .*single-core\/one/);
    await truncate(join(directory, 'raw'), 0);
    await store.close();
    expect(ids((await readRun(directory)).records)).toEqual([first.repeatId]);
  });
});
