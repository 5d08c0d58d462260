import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifestSchema, type Manifest } from '../../harness/core/manifest.ts';
import {
  eventually,
  makeWorkplace,
  orFalse,
  processesOf,
  readAllRecords,
  runDirectory,
  startHarness,
  type Workplace,
} from '../support/harness.ts';

/*
 * A run that ended early, at any moment, can be gone on with, and with nothing else in its place.
 */

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

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
        /scenario, hosts\.tomSysctls\.net\.core\.somaxconn \(7, then none\)/,
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
    // A dry run promises nothing that would be refused.
    change(({ environment }) => void (environment.kernel = '2.6.32'));
    const promised = await resume('--explain', '--dry-run');
    expect(promised.exitCode).toBe(2);
    expect(promised.stderr).toMatch(/kernel \(2\.6\.32, then /);
    expect(promised.stdout).not.toMatch(/kept:/);
    writeFileSync(manifestPath(), JSON.stringify(begun));
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
    expect(stdout).toMatch(/its journal ends in the middle of a record, which does not count/);
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
      ...['--concurrency', '2', '--duration', '100ms', '--quick', '--precision', '0.1%', '--budget', '30s'],
    ]);
    expect(exitCode, String(stderr)).toBe(0);
    expect(stdout).toMatch(/until the 95 % interval of each ratio is within 0\.1 %, for 30 s in all at most/);
    const { repeats, precision } = manifest();
    expect(precision).toEqual({ target: 0.001, budgetMs: 30_000 });
    const blocks = new Set(repeats.filter(({ pass }) => pass === 'timed').map(({ block }) => block));
    expect(blocks.size).toBeGreaterThan(6);
    expect(readAllRecords(workplace)).toHaveLength(repeats.length);
  });
});
