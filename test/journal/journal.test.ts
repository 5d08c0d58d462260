import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRun } from '../../harness/effects/results.ts';
import { buildProbe } from '../support/build-probe.ts';
import { eventually, orFalse } from '../support/harness.ts';

/*
 * What was acknowledged stays, whatever happens to the harness or to the disk.
 */

let root = '';
let driver = '';
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'forkbench-journal-'));
  driver = join(root, 'journal-driver.mjs');
  // In one file, which starts in a fraction of the time: it is killed while it works, not while it starts.
  const requires =
    'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
  const flags = [
    '--bundle',
    '--platform=node',
    '--format=esm',
    `--banner:js=${requires}`,
    '--log-level=error',
  ];
  const source = fileURLToPath(new URL('../support/journal-driver.ts', import.meta.url));
  await execa('esbuild', [...flags, source, `--outfile=${driver}`], { preferLocal: true });
});
afterAll(() => rmSync(root, { recursive: true }));

/** Starts the driver; `under` is a command that runs what follows it. */
function drive(directory: string, repeats: number, under: readonly string[] = []) {
  const command = [...under, process.execPath, driver, directory, String(repeats)];
  return execa(command[0]!, command.slice(1), { reject: false, timeout: 60_000 });
}

const acknowledgedIn = (stdout: string): string[] =>
  stdout.split('\n').flatMap((line) => /^acknowledged (\S+ \d+)$/.exec(line)?.[1] ?? []);

/** What the journal holds, each record as the driver names it. */
async function journalled(directory: string): Promise<string[]> {
  const { records } = await readRun(directory);
  return records.map(({ repeatId, attempt }) => `${repeatId} ${attempt}`);
}

describe('a journal', () => {
  const kills = 200;
  const atOnce = 4;

  it(
    `loses no record that was acknowledged and holds none twice, through ${kills} kills at random moments`,
    { timeout: 300_000 },
    async () => {
      const places = Array.from({ length: atOnce }, (_, index) => join(root, `killed-${index}`));
      const survived = await Promise.all(places.map((place) => killAndGoOn(place, kills / atOnce)));
      // The kills hit it at work.
      expect(survived.filter(({ acknowledged }) => acknowledged > 0).length).toBe(atOnce);
    },
  );

  async function killAndGoOn(directory: string, times: number) {
    const acknowledged: string[] = [];
    for (let kill = 0; kill < times; kill++) {
      const running = drive(directory, 5000);
      // One in five wherever it is in its start, the others while it writes.
      if (kill % 5 > 0) await Promise.race([once(running.stdout, 'data'), running]);
      await sleep(Math.random() * (kill % 5 > 0 ? 60 : 500));
      running.kill('SIGKILL');
      acknowledged.push(...acknowledgedIn((await running).stdout));
    }
    const before = acknowledged.length === 0 ? [] : await journalled(directory);
    expect(new Set(before).size).toBe(before.length);
    expect(before).toEqual(expect.arrayContaining(acknowledged));
    // One record a kill may be on the disk without anybody having been told.
    expect(before.length - acknowledged.length).toBeLessThanOrEqual(times);
    const repeats = before.map((name) => name.split(' ')[0]);
    expect(new Set(repeats).size).toBe(repeats.length);
    return { acknowledged: acknowledged.length };
  }

  it('on a disk that fills up keeps what was acknowledged, says so, and goes on when there is room', async () => {
    const small = join(root, 'small');
    mkdirSync(small);
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]);
    try {
      const filler = join(small, 'filler');
      writeFileSync(filler, Buffer.alloc(64 * 1024));
      const directory = join(small, 'run');
      const full = await drive(directory, 100);
      expect(full.stderr).toMatch(/cannot be written: ENOSPC/);
      const kept = acknowledgedIn(full.stdout);
      expect(kept.length).toBeGreaterThan(0);
      expect(await journalled(directory)).toEqual(kept);
      rmSync(filler);
      const later = await drive(directory, 100);
      const all = await journalled(directory);
      expect(all).toEqual([...kept, ...acknowledgedIn(later.stdout)]);
      expect(all.length).toBeGreaterThan(kept.length);
    } finally {
      await execa('umount', [small]);
    }
  });

  it('in a folder that may not be written keeps what it has, says so, and goes on when it may', async () => {
    const place = join(root, 'read-only');
    mkdirSync(place);
    await execa('mount', ['-t', 'tmpfs', 'tmpfs', place]);
    try {
      const directory = join(place, 'run');
      const killed = drive(directory, 1000);
      killed.stdout.once('data', () => killed.kill('SIGKILL'));
      const acknowledged = acknowledgedIn((await killed).stdout);
      const kept = await journalled(directory);
      expect(kept).toEqual(expect.arrayContaining(acknowledged));
      await execa('mount', ['-o', 'remount,ro', place]);
      const refused = await drive(directory, kept.length + 3);
      expect(refused.stderr).toMatch(/cannot be written: EROFS/);
      expect(await journalled(directory)).toEqual(kept);
      await execa('mount', ['-o', 'remount,rw', place]);
      const later = await drive(directory, kept.length + 3);
      expect(later.stdout).toMatch(/complete/);
      expect((await journalled(directory)).slice(0, kept.length)).toEqual(kept);
    } finally {
      await execa('umount', [place]);
    }
  });

  it('on a disk that fails acknowledges nothing, and goes on when it is mended', async () => {
    const failing = [
      await buildProbe('test/support/fail-call.cc', root),
      'fdatasync',
      String(constants.errno.EIO),
    ];
    const directory = join(root, 'failing');
    const failed = await drive(directory, 3, failing);
    expect(failed.stderr).toMatch(/cannot be written: EIO/);
    expect(acknowledgedIn(failed.stdout)).toEqual([]);
    const later = await drive(directory, 3);
    expect(later.stdout).toMatch(/complete/);
    expect((await journalled(directory)).map((name) => name.split(' ')[0])).toEqual(['r1', 'r2', 'r3']);
  });

  it('is refused to a second process that would go on with the same run at once', async () => {
    const directory = join(root, 'twice');
    const one = drive(directory, 100_000);
    const journal = join(directory, 'records.ndjson');
    await eventually('a record', () => orFalse(() => readFileSync(journal, 'utf8').includes('\n')));
    const other = await drive(directory, 100_000);
    expect(other.stderr).toMatch(new RegExp(`is being written to by process ${one.pid}`));
    one.kill('SIGKILL');
    await one;
  });
});
