import { mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../harness/core/errors.ts';
import { temporaryPath } from '../../../harness/effects/output-files.ts';
import { findRuns, readRun } from '../../../harness/effects/results.ts';
import { madeUpRun } from '../../support/made-up-run.ts';
import { writeRun } from '../../support/write-run.ts';

let root: string;
let directory: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'forkbench-results-'));
  directory = join(root, 'results', 'single-core', 'one');
  await writeRun(directory, madeUpRun({ scenario: { concurrencies: [5], traced: undefined }, blocks: 1 }));
});
afterEach(() => rm(root, { recursive: true }));

async function change(name: string, edit: (text: string) => string): Promise<void> {
  const path = join(directory, name);
  await writeFile(path, edit(await readFile(path, 'utf8')));
}

const failure = async (): Promise<UserError> => {
  const error: unknown = await readRun(directory).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
};

describe('findRuns', () => {
  it('finds what has a manifest, in the order of names, and nothing where there is nothing', async () => {
    await mkdir(join(root, 'results', 'single-core', 'empty'));
    await writeRun(join(root, 'results', 'dual-core', 'two'), madeUpRun({ blocks: 1 }));
    // Of a harness that was killed before its run had begun.
    await writeRun(temporaryPath(join(root, 'results', 'dual-core', 'two'), 1), madeUpRun({ blocks: 1 }));
    expect(await findRuns(join(root, 'results'))).toEqual([
      join(root, 'results', 'dual-core', 'two'),
      directory,
    ]);
    expect(await findRuns(join(root, 'nowhere'))).toEqual([]);
  });
});

describe('readRun', () => {
  it('reads what was written', async () => {
    const run = madeUpRun({ scenario: { concurrencies: [5], traced: undefined }, blocks: 1 });
    expect(await readRun(directory)).toEqual({ ...run, directory, torn: false });
  });

  it('names file, line and field of a record that is wrong', async () => {
    await change('records.ndjson', (text) => {
      const lines = text.split('\n');
      lines[1] = lines[1]!.replace('"status":"ok"', '"status":"fine"');
      return lines.join('\n');
    });
    const { message, remedy } = await failure();
    expect(message).toMatch(/records\.ndjson:2: .*status/);
    expect(message).not.toContain('\n');
    expect(remedy).toMatch(/this line/);
  });

  it('refuses damage in the middle of the journal, with its line', async () => {
    await change('records.ndjson', (text) => `${text.slice(0, 50)}\n${text}`);
    expect((await failure()).message).toMatch(/records\.ndjson:1: not JSON/);
  });

  it('leaves out a last record that was cut off, wherever it was cut, and says so', async () => {
    const text = await readFile(join(directory, 'records.ndjson'), 'utf8');
    const lastLine = text.trimEnd().lastIndexOf('\n') + 1;
    for (const end of [lastLine + 1, lastLine + 40, text.length - 1]) {
      await writeFile(join(directory, 'records.ndjson'), text.slice(0, end));
      expect(await readRun(directory)).toMatchObject({ torn: true, records: { length: 2 } });
    }
    await writeFile(join(directory, 'records.ndjson'), text.slice(0, lastLine));
    expect(await readRun(directory)).toMatchObject({ torn: false, records: { length: 2 } });
  });

  it('takes a run without a journal for one that was killed before its first repeat', async () => {
    await rm(join(directory, 'records.ndjson'));
    expect(await readRun(directory)).toMatchObject({ records: [], torn: false });
  });

  it('names what is wrong in a manifest', async () => {
    await change('manifest.json', (text) => text.replace('"planName"', '"plan"'));
    expect((await failure()).message).toMatch(/manifest\.json: .*plan/);
    await change('manifest.json', () => '{');
    expect((await failure()).message).toMatch(/manifest\.json: not JSON/);
    await rm(join(directory, 'manifest.json'));
    expect((await failure()).message).toMatch(/manifest\.json does not exist/);
  });

  it('says that a newer format needs a newer program', async () => {
    await change('manifest.json', (text) => text.replace('"schema":1', '"schema":99'));
    const { message, remedy } = await failure();
    expect(message).toMatch(/schema version 99 is newer/);
    expect(remedy).toBe('update forkbench');
  });
});
