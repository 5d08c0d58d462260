import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RepeatRecord } from '../../harness/core/record.ts';
import { changeRawFigure } from '../../scripts/ci/raw-figure.ts';
import {
  makeWorkplace,
  readAllRecords,
  runDirectory,
  startCommand,
  startHarness,
  type Workplace,
} from '../support/harness.ts';

let workplace: Workplace;
let measured: string;
beforeAll(async () => {
  workplace = makeWorkplace();
  const { exitCode, stdout, stderr } = await startHarness(workplace, ['--scenario', 'smoke']);
  if (exitCode !== 0) throw new Error(`the run that is to be verified failed: ${stdout}\n${stderr}`);
  measured = runDirectory(workplace);
}, 110_000);
afterAll(() => workplace.remove());

const verify = (...args: string[]) => startCommand('verify', args);

let copies = 0;
/** A copy of the run that was measured, to be spoilt. */
function copyOfRun(): string {
  copies += 1;
  const copy = join(workplace.out, 'copies', String(copies));
  cpSync(measured, copy, { recursive: true });
  return copy;
}

/** Writes a file of a run again; fails where that changes nothing. */
function rewrite(path: string, change: (text: string) => string): void {
  const text = readFileSync(path, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(path, changed);
}

const firstTimed = (): RepeatRecord => readAllRecords(workplace).find(({ pass }) => pass === 'timed')!;

/** What verify says of a spoilt run: exit code 1, and the only line about damage. */
async function onlyDamage(directory: string): Promise<string> {
  const { exitCode, stdout, stderr } = await verify(directory);
  expect(exitCode, `${stdout}\n${stderr}`).toBe(1);
  expect(stdout).toContain('something does not hold');
  const damage = stdout.split('\n').filter((line) => line.includes('✗'));
  expect(damage, stdout).toHaveLength(1);
  return damage[0]!;
}

describe('a run that was measured', () => {
  it('holds: exit code 0, and everything was looked at', async () => {
    const { exitCode, stdout, stderr } = await verify('smoke', '--results', join(workplace.out, 'results'));
    expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    expect(stdout).toContain('everything holds');
    expect(stdout).toContain('11 of 11 planned repeats with a record');
    expect(stdout).toContain('11 of 11 records as their raw output gives them');
    expect(stdout).toContain('11 of 11 raw files named by one record');
    expect(stdout).toContain('5 of 5 tables as the records make them');
    expect(stdout).toContain('3 of 3 programs the same as those built here');
    expect(stdout).not.toContain('cannot be recomputed');
  });

  it('is shown to be changed by one figure of its raw output, whatever tool it is of', async () => {
    const kernel = copyOfRun();
    const { file, field } = await changeRawFigure(kernel);
    expect(await onlyDamage(kernel)).toContain(`${file}: ${field}: the record says`);

    const generator = copyOfRun();
    const { raw } = firstTimed();
    const path = join(generator, raw!);
    const texts = JSON.parse(gunzipSync(readFileSync(path)).toString()) as Record<string, string>;
    // The maximum of the response times is in no sum that the generator's output is checked by.
    const changed = texts['load/stdout.txt']!.replace(/("responseTimeUs":\{.*?"max":)(\d+)/, '$11$2');
    writeFileSync(path, gzipSync(JSON.stringify({ ...texts, 'load/stdout.txt': changed })));
    expect(await onlyDamage(generator)).toContain(`${raw}: load.responseTime.maxUs: the record says`);
  });

  it('is shown to be changed by one figure of a record, in it and in its tables', async () => {
    const copy = copyOfRun();
    const { repeatId, raw } = firstTimed();
    rewrite(join(copy, 'records.ndjson'), (text) =>
      text
        .split('\n')
        .map((line) =>
          line.includes(`"repeatId":"${repeatId}"`)
            ? line.replace(/("window":\{"durationMs":[\d.]+,"succeeded":)(\d+)/, '$19$2')
            : line,
        )
        .join('\n'),
    );
    const { exitCode, stdout } = await verify(copy);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`${raw}: load.window.succeeded: the record says 9`);
    expect(stdout).toMatch(/repeats\.csv: line \d+, column succeeded: \d+, but the records make 9\d+ of it/);
  });

  it('is shown to be changed by one cell of a table', async () => {
    const copy = copyOfRun();
    rewrite(join(copy, 'syscalls.csv'), (text) => text.replace(/^((?:.*\n){2}.*?)(\d)(?=[^\d]*\n)/, '$17$2'));
    expect(await onlyDamage(copy)).toMatch(/syscalls\.csv: line 3, column \w+: /);
  });

  it('is shown to lack raw output that was deleted, and to have some of no record', async () => {
    const copy = copyOfRun();
    const { raw } = firstTimed();
    rmSync(join(copy, raw!));
    expect(await onlyDamage(copy)).toContain(`${raw}: `);
    cpSync(join(measured, raw!), join(copy, raw!));
    cpSync(join(measured, raw!), join(copy, 'raw', 'stranger.json.gz'));
    expect(await onlyDamage(copy)).toContain('raw/stranger.json.gz: no record names it');
  });

  it('is shown to lack a record that was deleted, as JSON too', async () => {
    const copy = copyOfRun();
    const { repeatId } = firstTimed();
    rewrite(join(copy, 'records.ndjson'), (text) =>
      text
        .split('\n')
        .filter((line) => !line.includes(`"repeatId":"${repeatId}"`))
        .join('\n'),
    );
    const { exitCode, stdout } = await verify(copy, '--json');
    expect(exitCode).toBe(1);
    const { holds, checks } = JSON.parse(stdout) as { holds: boolean; checks: { damage: object[] }[] };
    expect(holds).toBe(false);
    expect(checks.flatMap(({ damage }) => damage)).toContainEqual({
      file: 'records.ndjson',
      text: `${repeatId}: was planned and has no record`,
    });
  });
});

it('refuses what is no run: exit code 2, with the remedy', async () => {
  const { exitCode, stderr } = await verify(workplace.out);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('remedy: name the directory of a run');
  expect(readdirSync(workplace.out)).not.toContain('manifest.json');
});
