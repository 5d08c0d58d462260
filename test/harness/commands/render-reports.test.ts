import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../harness/commands/report-main.ts';
import { filesBelow } from '../../../harness/effects/output-files.ts';
import { checkReports, renderReports, summarise } from '../../../harness/commands/render-reports.ts';
import { madeUpRun, type MadeUp } from '../../support/made-up-run.ts';
import { writeRun } from '../../support/write-run.ts';

// Each test draws several charts, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

let root: string;
let options: { resultsDir: string; reportsDir: string };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'forkbench-reports-'));
  options = { resultsDir: join(root, 'results'), reportsDir: join(root, 'reports') };
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

const small = { concurrencies: [5, 10], traced: undefined };

async function addRun(runId: string, createdAt: string, more: MadeUp = {}): Promise<string> {
  const scenario = { ...small, ...more.scenario };
  const directory = join(options.resultsDir, scenario.name ?? 'single-core', runId);
  await writeRun(directory, madeUpRun({ blocks: 1, ...more, scenario, runId, createdAt }));
  return directory;
}

const report = (name: string): Promise<string> => readFile(join(options.reportsDir, name), 'utf8');
const reports = async (): Promise<string[]> =>
  (await filesBelow(options.reportsDir)).map((path) => path.slice(options.reportsDir.length + 1));

describe('renderReports', () => {
  it('renders page, charts, specifications, index, and the tables beside the journal', async () => {
    const directory = await addRun('a', '2026-01-01T00:00:00.000Z');
    const { written, pages } = await renderReports(options);
    expect(pages).toEqual([join(options.reportsDir, 'single-core.md'), join(options.reportsDir, 'index.md')]);
    const charts = ['cpu', 'response-times', 'seed-shape', 'throughput'];
    // Nobody watched queues or system calls in this run.
    const sidePages = ['evidence', 'seed', 'cpu'];
    expect(await reports()).toEqual([
      'index.md',
      'index/runs.md',
      'single-core.md',
      ...[
        ...charts.flatMap((name) => [`${name}.svg`, `${name}.vl.json`]),
        ...sidePages.map((name) => `${name}.md`),
      ]
        .sort()
        .map((name) => `single-core/${name}`),
    ]);
    for (const name of ['repeats.csv', 'cells.csv', 'syscalls.csv']) {
      expect(written).toContain(join(directory, name));
    }
    expect(await report('single-core.md')).toContain('](../results/single-core/a/repeats.csv)');
  });

  it('names the options of the load, and who closes the connections', async () => {
    const page = async (runId: string, params: Record<string, string | number>): Promise<string> => {
      await addRun(runId, `2026-01-01T00:00:0${runId}.000Z`, {
        scenario: { loads: [{ id: 'epoll', params }] },
      });
      await renderReports(options);
      return report('single-core.md');
    };
    expect(await page('1', {})).toMatch(/load generator `epoll` on .*is closed by the server and followed/);
    expect(await page('2', { close: 'client' })).toMatch(/is closed by the client and followed/);
    const reset = await page('3', { close: 'reset', 'send-delay-ms': 5 });
    const named = '`epoll` (`close: reset`, `send-delay-ms: 5`)';
    expect(reset).toContain(`the load generator ${named} on a host called Jerry`);
    expect(reset).toContain('is reset by the client and followed');
    expect(reset).toContain(`- Load ${named}: a closed loop`);
  });

  it('shows the newest run of each scenario and load, and lists all of them', async () => {
    await addRun('a', '2026-01-02T00:00:00.000Z');
    await addRun('b', '2026-01-01T00:00:00.000Z');
    await addRun('c', '2026-01-03T00:00:00.000Z', { scenario: { loads: [{ id: 'webbench' }] } });
    await addRun('d', '2026-01-04T00:00:00.000Z', { adjust: () => null });
    await addRun('e', '2026-01-05T00:00:00.000Z', { scenario: { name: 'dual-core' } });
    const { pages } = await renderReports(options);
    expect(pages.map((path) => path.slice(options.reportsDir.length + 1))).toEqual([
      'dual-core.md',
      'single-core.md',
      'single-core-webbench.md',
      'index.md',
    ]);
    expect(await report('single-core.md')).toContain('../results/single-core/a/');
    const runs = await report('index/runs.md');
    expect(runs).toMatch(/## [^]*dual-core\/e[^]*## [^]*single-core\/c[^]*single-core\/a[^]*single-core\/b/);
    expect(runs).not.toContain('single-core/d');
    expect((await report('index.md')).match(/^- \[/gm)).toHaveLength(3);
  });

  it('draws the ratios of a scenario from run to run, and removes what is not drawn any more', async () => {
    await addRun('a', '2026-01-01T00:00:00.000Z');
    const second = await addRun('b', '2026-01-02T00:00:00.000Z');
    await addRun('c', '2026-01-03T00:00:00.000Z', { scenario: { name: 'dual-core' } });
    await renderReports(options);
    const charts = ['svg', 'vl.json'].map((ending) => `index/single-core-history.${ending}`);
    const beside = (await reports()).filter((path) => path.startsWith('index/'));
    expect(beside).toEqual(['index/runs.md', ...charts]);
    expect(await report('index/runs.md')).toContain('](./single-core-history.svg)');
    expect(await checkReports(options)).toMatchObject({ differences: [] });

    await rm(second, { recursive: true });
    const superfluous = charts.map((path) => join(options.reportsDir, path));
    expect((await checkReports(options)).differences).toEqual(
      expect.arrayContaining(superfluous.map((path) => ({ path, what: 'is superfluous' }))),
    );
    expect((await renderReports({ ...options, scenario: 'dual-core' })).removed).toEqual(superfluous);
    expect(await report('index/runs.md')).not.toContain('history');
  });

  it('renders one page for each load that a scenario was run with', async () => {
    await addRun('a', '2026-01-01T00:00:00.000Z');
    await addRun('b', '2026-01-02T00:00:00.000Z', { scenario: { loads: [{ id: 'processes' }] } });
    const { pages } = await renderReports(options);
    expect(pages).toHaveLength(3);
    expect(await report('single-core-processes.md')).toContain('Load `processes`');
  });

  it('renders one page that compares the loads of a run with several', async () => {
    await addRun('a', '2026-01-01T00:00:00.000Z', {
      scenario: { loads: [{ id: 'epoll' }, { id: 'processes' }], referenceLoad: 'processes' },
    });
    const { pages } = await renderReports(options);
    expect(pages).toHaveLength(2);
    const page = await report('single-core.md');
    expect(page).toContain('Against processes, with blocking-serial:');
    expect(page).toContain("## CPU time of Jerry's cores for each request");
    expect(await report('index.md')).toContain('`epoll`, `processes`');
  });

  it('renders an older run where it is asked to, or one from elsewhere', async () => {
    const older = await addRun('a', '2026-01-01T00:00:00.000Z');
    await addRun('b', '2026-01-02T00:00:00.000Z');
    await renderReports({ ...options, runDirs: [older] });
    expect(await report('single-core.md')).toContain('../results/single-core/a/');
    const elsewhere = join(root, 'elsewhere');
    await writeRun(elsewhere, madeUpRun({ blocks: 1, scenario: { ...small, name: 'far' } }));
    await renderReports({ ...options, runDirs: [elsewhere] });
    expect(await report('far.md')).toContain('](../elsewhere/repeats.csv)');
    expect(await report('index.md')).not.toContain('elsewhere');
    expect(await report('index/runs.md')).not.toContain('elsewhere');
  });

  it('writes nothing a second time', async () => {
    await addRun('a', '2026-01-01T00:00:00.000Z');
    await renderReports(options);
    expect((await renderReports(options)).written).toEqual([]);
  });

  it('removes a chart that is not drawn any more, and nothing else', async () => {
    await addRun('a', '2026-01-01T00:00:00.000Z');
    await renderReports(options);
    await writeFile(join(options.reportsDir, 'single-core', 'old.svg'), 'x');
    await writeFile(join(options.reportsDir, 'single-core', 'notes.txt'), 'x');
    const { removed } = await renderReports(options);
    expect(removed).toEqual([join(options.reportsDir, 'single-core', 'old.svg')]);
    expect(await reports()).toContain('single-core/notes.txt');
  });

  it('writes nothing at all where one journal is damaged', async () => {
    await addRun('a', '2026-01-01T00:00:00.000Z');
    const damaged = await addRun('b', '2026-01-02T00:00:00.000Z');
    await writeFile(join(damaged, 'records.ndjson'), '{}\n');
    await expect(renderReports(options)).rejects.toThrow(/b\/records\.ndjson:1/);
    expect(await reports()).toEqual([]);
  });

  it('refuses two scenarios that would have the same page', async () => {
    await addRun('a', '2026-01-01T00:00:00.000Z', { scenario: { name: 'index' } });
    await expect(renderReports(options)).rejects.toThrow(/two pages .*index\.md/);
  });
});

describe('checkReports', () => {
  it('names what differs, what is missing and what is superfluous', async () => {
    const directory = await addRun('a', '2026-01-01T00:00:00.000Z');
    await renderReports(options);
    expect((await checkReports(options)).differences).toEqual([]);
    await writeFile(join(options.reportsDir, 'single-core.md'), 'edited by hand');
    await rm(join(directory, 'cells.csv'));
    await writeFile(join(options.reportsDir, 'left.md'), 'x');
    expect((await checkReports(options)).differences).toEqual([
      { path: join(directory, 'cells.csv'), what: 'is missing' },
      { path: join(options.reportsDir, 'single-core.md'), what: 'differs' },
      { path: join(options.reportsDir, 'left.md'), what: 'is superfluous' },
    ]);
    expect(await report('single-core.md')).toBe('edited by hand');
  });

  it('finds its own files by a relative path too, as the command line names them', async () => {
    await addRun('a', '2026-01-01T00:00:00.000Z');
    await renderReports(options);
    const resultsDir = relative(process.cwd(), options.resultsDir);
    const reportsDir = relative(process.cwd(), options.reportsDir);
    expect((await checkReports({ resultsDir, reportsDir })).differences).toEqual([]);
  });

  it('does not call the pages of others superfluous where only some are asked for', async () => {
    await addRun('a', '2026-01-01T00:00:00.000Z');
    await addRun('b', '2026-01-01T00:00:00.000Z', { scenario: { name: 'dual-core' } });
    await renderReports(options);
    expect((await checkReports({ ...options, scenario: 'dual-core' })).differences).toEqual([]);
  });
});

describe('the command line', () => {
  const output = () => {
    const lines: string[] = [];
    for (const method of ['log', 'error'] as const) {
      vi.spyOn(console, method).mockImplementation((line: string) => void lines.push(line));
    }
    return lines;
  };
  const places = () => ['--results', options.resultsDir, '--reports', options.reportsDir];

  it('renders, checks, and exits with 1 where a file differs', async () => {
    const lines = output();
    await addRun('a', '2026-01-01T00:00:00.000Z');
    expect(await main([...places(), '--check'])).toBe(1);
    expect(await reports()).toEqual([]);
    expect(await main(places())).toBe(0);
    expect(await main([...places(), '--check'])).toBe(0);
    expect(lines.join('\n')).toMatch(/index\.md is missing[^]*remedy: npx tsx harness\/report\.ts/);
  });

  it('exits with 2 and a remedy where the input is bad', async () => {
    const lines = output();
    expect(await main(places())).toBe(2);
    expect(lines.join('\n')).toMatch(
      /error: there is no run[^]*remedy: measure one: npx tsx harness\/run\.ts/,
    );
    await addRun('a', '2026-01-01T00:00:00.000Z');
    expect(await main([...places(), '--scenario', 'nothing-like-it'])).toBe(2);
    expect(await main([...places(), join(root, 'nowhere')])).toBe(2);
    expect(await main([...places(), '--scenario', 'single-core', join(root, 'nowhere')])).toBe(2);
    expect(lines.at(-1)).toBe('remedy: leave one of them out');
  });

  it('refuses options that it does not know, and prints its help', async () => {
    const written: string[] = [];
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    }
    expect(await main(['--bogus'])).toBe(2);
    expect(await main(['--help'])).toBe(0);
    expect(written.join('')).toMatch(/unknown option '--bogus'[^]*Usage: harness\/report\.ts/);
  });
});

describe('summarise', () => {
  it('gives the answer in a few lines, what must not be overlooked last', () => {
    const lines = summarise(madeUpRun({ blocks: 2, sharedCore: true }));
    expect(lines[0]).toMatch(/^blocking-serial falls to/);
    expect(lines[1]).toMatch(/^The listen queue of blocking-serial/);
    expect(lines.at(-1)).toMatch(/^Mind: /);
    expect(lines.length).toBeLessThanOrEqual(6);
    expect(lines.join('')).not.toContain('\\');
  });

  it('has nothing to say of a run without timed records', () => {
    expect(summarise(madeUpRun({ adjust: () => null }))).toEqual([]);
  });
});
