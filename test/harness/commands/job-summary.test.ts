import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeJobSummary } from '../../../harness/commands/job-summary.ts';
import { main } from '../../../harness/commands/report-main.ts';
import { filesBelow } from '../../../harness/effects/output-files.ts';
import { summaryLimitBytes } from '../../../harness/render/job-summary.ts';
import { madeUpRun, type MadeUp } from '../../support/made-up-run.ts';
import { writeRun } from '../../support/write-run.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'forkbench-summary-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

const small = { concurrencies: [5, 10], traced: undefined };
const results = () => join(root, 'results');
const reports = () => join(root, 'reports');
const file = () => join(root, 'summary.md');

async function addRun(name: string, options: MadeUp = {}): Promise<string> {
  const directory = join(results(), 'single-core', name);
  await writeRun(
    directory,
    madeUpRun({ blocks: 2, ...options, scenario: { ...small, ...options.scenario } }),
  );
  return directory;
}

const summarise = (runDirs?: string[]) =>
  writeJobSummary(
    { resultsDir: results(), reportsDir: reports(), ...(runDirs === undefined ? {} : { runDirs }) },
    file(),
  );
const summary = (): Promise<string> => readFile(file(), 'utf8');

const failure = (message: string) => ({ stage: 'load' as const, message });
const allFailed: MadeUp = {
  adjust: (record) => ({ ...record, status: 'failed', failure: failure('exited with 1: no socket') }),
};

describe('the summary of a job', () => {
  it('has title, answer, grave caveats, figures and failures, and says where the rest is', async () => {
    await addRun('a', { sharedCore: true });
    await summarise();
    const text = await summary();
    expect(text).toMatch(/^# blocking-serial falls to .* of its throughput/);
    expect(text).toContain('The listen queue of blocking-serial overflowed from 10 connections on');
    expect(text).toContain('**Tom and Jerry share core 1: server and load take CPU time from each other.**');
    expect(text).toMatch(/^## Successful requests per second$[^]*^\| blocking-serial \| \d+,\d{3}/m);
    expect(text).toContain('## Failures\n\nNo repeat failed.');
    expect(text).toMatch(/The whole report, with its charts, is `[^`]*reports\/single-core\.md`/);
    expect(text.match(/^# /gm)).toHaveLength(1);
    expect(text.match(/^## /gm)).toHaveLength(2);
  });

  it('has no picture and no link to a file, and no report is written for it', async () => {
    await addRun('a');
    await summarise();
    const text = await summary();
    expect(text).not.toMatch(/\]\(|!\[/);
    expect(await filesBelow(reports())).toEqual([]);
  });

  it('is there for a run in which everything failed, with the reasons', async () => {
    await addRun('a', allFailed);
    await summarise();
    const text = await summary();
    expect(text).toContain('# Three servers on one core: nothing could be measured');
    expect(text).toContain('**12 of 12 timed repeats failed (‡).**');
    expect(text).toMatch(/^\| `b1-blocking-serial-epoll-c5` \| load \| exited with 1: no socket \|$/m);
  });

  it('is there for a run that ended before its first record', async () => {
    await addRun('a', { adjust: () => null });
    await summarise();
    expect(await summary()).toMatch(
      /^# Three servers on one core: nothing was measured\n\nNone of 12 planned repeats .*\n\nRun `/,
    );
  });

  it('compares loads where the run had several', async () => {
    await addRun('a', { scenario: { loads: [{ id: 'epoll' }, { id: 'wrk' }] } });
    await summarise();
    expect(await summary()).toContain('Against epoll, with blocking-serial:');
  });

  it('is about the newest run, or the one that is named', async () => {
    const older = await addRun('a', { createdAt: '2026-01-01T00:00:00.000Z' });
    const newer = await addRun('b', { createdAt: '2026-01-02T00:00:00.000Z' });
    await summarise();
    expect(await summary()).toContain(`Run \`${relative(process.cwd(), newer)}\``);
    await rm(file());
    await summarise([older]);
    expect(await summary()).toContain(`Run \`${relative(process.cwd(), older)}\``);
  });
});

describe('however long it would be, the summary of a job', () => {
  /** 20 rows are shown of failures: each of these is longer than a twentieth of what there is room for. */
  const longFailures: MadeUp = {
    blocks: 10,
    adjust: (record) => ({ ...record, status: 'failed', failure: failure('é | '.repeat(20_000)) }),
  };
  const bytesOf = async (): Promise<number> => Buffer.byteLength(await summary());

  it('loses whole sections, says so, and stays below 1 MiB', async () => {
    await addRun('a', longFailures);
    await summarise();
    const text = await summary();
    expect(await bytesOf()).toBeLessThan(1024 * 1024);
    expect(text).toMatch(/^# Three servers[^]*^## Successful requests per second$/m);
    expect(text).not.toContain('## Failures');
    expect(text).toMatch(/longer than the summary of a job may be\. .*\*\*\n\nRun `.*`: plan `quick`/);
    expect(text.match(/<details>/g) ?? []).toHaveLength((text.match(/<\/details>/g) ?? []).length);
  });

  it('loses even its first section', async () => {
    await addRun('a', { scenario: { question: '→'.repeat(400_000) } });
    await summarise();
    expect(await bytesOf()).toBeLessThan(2000);
    expect(await summary()).toMatch(/^\*\*The rest is left out[^]*\n\nRun `/);
  });

  it('leaves room for what the file holds already, and appends to it', async () => {
    await addRun('a');
    const before = 'x'.repeat(summaryLimitBytes - 3000);
    await writeFile(file(), before);
    await summarise();
    expect((await summary()).startsWith(`${before}\n\n# `)).toBe(true);
    expect(await bytesOf()).toBeLessThanOrEqual(summaryLimitBytes);
  });

  it('is refused where not even its last lines fit', async () => {
    await addRun('a');
    const before = 'x'.repeat(summaryLimitBytes - 10);
    await writeFile(file(), before);
    await expect(summarise()).rejects.toThrow(/has no room left for a summary/);
    expect(await summary()).toBe(before);
  });
});

describe('the option --summary', () => {
  it('appends to the file, says so, and answers bad input with a remedy', async () => {
    const lines: string[] = [];
    for (const method of ['log', 'error'] as const) {
      vi.spyOn(console, method).mockImplementation((line: string) => void lines.push(line));
    }
    const places = ['--results', results(), '--reports', reports(), '--summary'];
    expect(await main([...places, file()])).toBe(2);
    expect(lines.at(-1)).toMatch(/^remedy: measure one/);
    await addRun('a');
    expect(await main([...places, file()])).toBe(0);
    expect(lines.at(-1)).toMatch(/^appended the summary of .*single-core\/a to .*summary\.md: \d{4} bytes$/);
    expect(await summary()).toMatch(/^# /);
    expect(await main([...places, file(), '--check'])).toBe(2);
    expect(lines.at(-1)).toBe('remedy: leave one of them out');
    expect(await main([...places, root])).toBe(2);
    expect(lines.at(-1)).toBe('remedy: check the directory and the disk');
  });
});
