import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { analysePage } from '../../harness/analysis/page.ts';
import { filesBelow, readText } from '../../harness/effects/output-files.ts';
import { readSeedTables } from '../../harness/effects/seed-figures.ts';
import { renderReports } from '../../harness/commands/render-reports.ts';
import { renderPage } from '../../harness/render/page.ts';
import { asked, atFixedRate } from './made-up-open-loop.ts';
import { renderLiveGolden } from './live-golden.ts';
import { madeUpRun, type MadeUp } from './made-up-run.ts';
import { repository } from './repository.ts';

export const goldenDir = join(repository, 'test', 'golden');

/** Runs that no machine has made, for what a sound one does not show. Each is the text of one page. */
const madeUpCases: Readonly<Record<string, MadeUp>> = {
  'seed-like': {},
  failures: {
    blocks: 5,
    adjust: (record) => {
      const { variant, concurrency } = record.cell;
      if (variant === 'epoll-prefork-2' && concurrency >= 2500) {
        return {
          ...record,
          status: 'failed',
          failure: { stage: 'load', message: 'exited with 1: cannot open | `socket`\n<too many> open files' },
        };
      }
      if (variant === 'epoll-prefork-1' && concurrency === 5 && record.block === 2) {
        return { ...record, status: 'failed', failure: { stage: 'ready', message: 'did not answer in 5 s' } };
      }
      if (record.syscallTimes === undefined) return record;
      const reason = 'the kernel may not be asked to time syscalls here: EPERM; to have it: run as root';
      return {
        ...record,
        syscallTimes: undefined,
        unavailable: [{ probe: 'syscall-times', reason }],
      };
    },
  },
  'open-loop': {
    scenario: {
      concurrencies: [200],
      seedTable: undefined,
      traced: undefined,
      loads: [{ id: 'epoll', params: { rate: asked, arrivals: 'poisson' } }],
    },
    behaviour: (variant) => ({ requestsPerSecond: variant === 'blocking-serial' ? asked / 2 : asked }),
    noise: 0.01,
    adjust: (record) => atFixedRate(record, record.cell.variant === 'blocking-serial' ? 400 : 0),
  },
  bare: {
    blocks: 1,
    scenario: {
      concurrencies: [1, 8, 64],
      seedTable: undefined,
      traced: { concurrencies: [8], warmupMs: 0, windowMs: 500 },
    },
    sharedCore: true,
    adjust: ({
      server: _server,
      kernel: _kernel,
      cpu: _cpu,
      sockets: _sockets,
      syscalls: _syscalls,
      syscallTimes: _syscallTimes,
      ...record
    }) => ({
      ...record,
      load: {
        ...record.load!,
        cpu: null,
        stalled: null,
        connectTime: null,
        responseTime: null,
        notes: ['counts twice'],
      },
      unavailable: [
        { probe: 'strace', reason: 'strace is not installed' },
        { probe: 'strace-wall', reason: 'strace is not installed' },
        { probe: 'syscall-times', reason: 'this kernel has no eBPF' },
      ],
    }),
  },
};

/** A real journal of the scenario smoke, rendered like any other results: paths below test/golden/smoke. */
const realCase = 'smoke';

/** What the golden files are to hold, by their paths below test/golden. */
export async function renderGolden(): Promise<Map<string, string>> {
  const files = renderLiveGolden();
  for (const [name, options] of Object.entries(madeUpCases)) {
    const run = madeUpRun(options);
    const page = await renderPage(analysePage(run, 'epoll', await readSeedTables()), name, '../results/run');
    for (const [path, text] of page) if (path.endsWith('.md')) files.set(`made-up/${path}.txt`, text);
  }
  const copy = await mkdtemp(join(tmpdir(), 'forkbench-golden-'));
  try {
    await cp(join(goldenDir, realCase, 'results'), join(copy, 'results'), { recursive: true });
    await renderReports({ resultsDir: join(copy, 'results'), reportsDir: join(copy, 'reports') });
    const rendered = (await filesBelow(copy)).filter((path) => /\.(md|svg|vl\.json|csv)$/.test(path));
    for (const path of rendered)
      files.set(join(realCase, path.slice(copy.length + 1)), (await readText(path))!);
  } finally {
    await rm(copy, { recursive: true });
  }
  return files;
}
