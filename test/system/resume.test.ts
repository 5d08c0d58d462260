import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { manifestSchema, type Manifest } from '../../harness/core/manifest.ts';
import { readRun } from '../../harness/effects/results.ts';
import { buildProbe } from '../support/build-probe.ts';
import {
  eventually,
  makeWorkplace,
  processesOf,
  readAllRecords,
  runDirectory,
  startHarness,
  type Workplace,
} from '../support/harness.ts';

/*
 * What was acknowledged stays, whatever happens to the harness or to the disk, and a run can be gone on with.
 */

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
let root = '';
let driver = '';
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'forkbench-resume-'));
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

/** What a file says that may not be there yet. */
function orFalse(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return false;
  }
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

describe('a run', { timeout: 200_000 }, () => {
  let workplace: Workplace;
  beforeEach(() => void (workplace = makeWorkplace()));
  afterEach(() => {
    expectNothingLeft();
    workplace.remove();
  });
  const expectNothingLeft = (): void => expect(processesOf(workplace)).toEqual([]);

  const small = [
    ...['--scenario', 'smoke', '--variants', 'blocking-serial,epoll-prefork-1'],
    ...['--concurrency', '5', '--duration', '500ms'],
  ];
  const manifestPath = (): string => join(runDirectory(workplace), 'manifest.json');
  const manifest = (): Manifest => manifestSchema.parse(JSON.parse(readFileSync(manifestPath(), 'utf8')));
  const change = (edit: (manifest: Manifest) => void): void => {
    const edited = manifest();
    edit(edited);
    writeFileSync(manifestPath(), JSON.stringify(edited));
  };
  const resume = (...more: string[]) => startHarness(workplace, ['--resume', ...more]);

  /** A run that was killed while its third repeat or a later one was being made. */
  async function killedRun(): Promise<void> {
    const running = startHarness(workplace, small);
    const isInTheThird = (): boolean => {
      const records = readAllRecords(workplace).length;
      return records >= 2 && manifest().attempts.length > records;
    };
    await eventually('two records, and a third attempt', () => orFalse(isInTheThird));
    running.kill('SIGKILL');
    await running;
    await eventually('its guard to have cleaned up', () => processesOf(workplace).length === 0);
  }

  it('that was killed says what it would do, and why, and refuses what would make another run of it', async () => {
    await killedRun();
    const records = readAllRecords(workplace).length;
    const explained = await resume('--explain', '--dry-run');
    expect(explained.exitCode).toBe(0);
    expect(explained.stdout).toMatch(
      new RegExp(`going on with .*: ${records} of ${manifest().repeats.length} repeats are measured`),
    );
    expect(explained.stdout).toMatch(/ceiling-sink-uring-c50? +kept: measured at 20/);
    expect(explained.stdout).toMatch(/again: begun at 20.*, but the run ended before its record was written/);
    expect(explained.stdout).toMatch(/to be made: the run ended before it/);

    const begun = manifest();
    const refused: [string, (manifest: Manifest) => void, RegExp][] = [
      ['kernel', ({ environment }) => void (environment.kernel = '2.6.32'), /kernel \(2\.6\.32, then /],
      [
        'program',
        ({ programs }) => void (programs['blocking-serial'] = '0'.repeat(64)),
        /program blocking-serial \(0{12}, then /,
      ],
      [
        'scenario',
        ({ scenario }) => void (scenario.hosts.tomSysctls['net.core.somaxconn'] = 7),
        /scenario, hosts /,
      ],
      ['plan', ({ repeats }) => void (repeats[0]!.windowMs += 1), /the plan of repeats/],
    ];
    for (const [, edit, names] of refused) {
      change(edit);
      const { exitCode, stderr } = await resume();
      expect(exitCode, String(stderr)).toBe(2);
      expect(stderr).toMatch(names);
      expect(stderr).toMatch(/remedy: restore that, or begin another run without --resume/);
      writeFileSync(manifestPath(), JSON.stringify(begun));
    }
    const other = await resume('--quick');
    expect(other.exitCode).toBe(2);
    expect(other.stderr).toMatch(/--quick cannot change that/);
    expect(readAllRecords(workplace)).toHaveLength(records);
  });

  it('that was killed, with its last record torn, is gone on with to its end', async () => {
    await killedRun();
    const journal = join(runDirectory(workplace), 'records.ndjson');
    const whole = readFileSync(journal);
    truncateSync(journal, whole.length - 10);
    const kept = whole.toString().split('\n').slice(0, -2);
    const { exitCode, stdout, stderr } = await resume();
    expect(exitCode, String(stderr)).toBe(0);
    expect(stdout).toMatch(/its journal ends in the middle of a record, which is cut off/);
    const { repeats, attempts, completedAt, resumed } = manifest();
    const records = readAllRecords(workplace);
    expect(records.map(({ repeatId }) => repeatId).sort()).toEqual(
      repeats.map(({ repeatId }) => repeatId).sort(),
    );
    // What was there before is there to the byte.
    expect(readFileSync(journal, 'utf8').split('\n').slice(0, kept.length)).toEqual(kept);
    expect(attempts.filter(({ outcome }) => outcome === 'discarded').length).toBeGreaterThanOrEqual(1);
    expect(attempts.filter(({ outcome }) => outcome === 'ok')).toHaveLength(repeats.length);
    expect(completedAt).toBeDefined();
    expect(resumed).toHaveLength(1);
    // Every record, table and attempt as the raw output has it.
    const verified = await execa(process.execPath, [
      ...['--import', tsx, 'harness/verify.ts', runDirectory(workplace)],
    ]);
    expect(verified.stdout).toMatch(/everything holds/);

    const again = await resume();
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toMatch(/no run below .* ended early/);
    const named = await startHarness(workplace, ['--resume', runDirectory(workplace)]);
    expect(named.exitCode).toBe(2);
    expect(named.stderr).toMatch(/is complete: nothing is left to measure/);
  });

  it('that is to reach a precision repeats what is not known well enough, until its time is up', async () => {
    const { exitCode, stdout, stderr } = await startHarness(workplace, [
      ...['--scenario', 'single-core', '--variants', 'blocking-serial,epoll-prefork-1'],
      ...['--concurrency', '2', '--duration', '100ms', '--quick', '--precision', '0.1%', '--budget', '20s'],
    ]);
    expect(exitCode, String(stderr)).toBe(0);
    expect(stdout).toMatch(/until the 95 % interval of each ratio is within 0\.1 %, for 20 s in all at most/);
    const { repeats, precision } = manifest();
    expect(precision).toEqual({ target: 0.001, budgetMs: 20_000 });
    const blocks = new Set(repeats.filter(({ pass }) => pass === 'timed').map(({ block }) => block));
    expect(blocks.size).toBeGreaterThan(6);
    expect(readAllRecords(workplace)).toHaveLength(repeats.length);
  });
});
