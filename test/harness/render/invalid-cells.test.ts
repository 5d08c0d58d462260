import { describe, expect, it } from 'vitest';
import { compareCells } from '../../../harness/analysis/compare.ts';
import { analysePage } from '../../../harness/analysis/page.ts';
import { csvFiles } from '../../../harness/render/csv.ts';
import { renderPage } from '../../../harness/render/page.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

/** A run in which a fifth of the answers of one cell were wrong. */
const run = madeUpRun({
  scenario: { concurrencies: [5, 50], traced: undefined },
  blocks: 3,
  noise: 0,
  behaviour: () => ({ requestsPerSecond: 1234 }),
  adjust: (record) => {
    if (record.cell.variant === 'blocking-serial' && record.cell.concurrency === 50) {
      record.load!.window.failed = { badStatus: Math.round(record.load!.window.succeeded / 4) };
    }
    return record;
  },
});
const page = analysePage(run, 'epoll', null);
const cell = page.grid.at('blocking-serial', 50)!;
const files = await renderPage(page, 'page', '../results/x/a');

describe('a cell whose figures contradict each other', () => {
  it('is invalid, and says why', () => {
    expect(cell.verdict.primary).toBe('invalid');
    expect(files.get('page/evidence.md')).toContain('20 % of the requests failed, most often by badStatus');
  });

  it('has no figure in the tables, and is named there', () => {
    const report = files.get('page.md')!;
    const [rates] = report.split('## What limited each figure');
    const row = rates!.split('\n').find((line) => line.startsWith('| blocking-serial'))!;
    expect(row).toContain('1,234');
    expect(row).toContain('*invalid*');
    expect(row.match(/1,234/g)).toHaveLength(3);
    expect(report).toContain('1 invalid');
  });

  it('is drawn as no figure, but as a cross', () => {
    const { data } = JSON.parse(files.get('page/throughput.vl.json')!) as {
      data: {
        values: { series: string; concurrency: number; requestsPerSecond: number | null; state: string }[];
      };
    };
    const point = data.values.find((one) => one.series === 'blocking-serial' && one.concurrency === 50)!;
    expect(point).toMatchObject({ requestsPerSecond: null, state: 'invalid' });
    expect(files.get('page/throughput.svg')).toContain('× on the axis: no valid figure.');
  });

  it('is compared with nothing, while what each repeat said stays in the CSV', () => {
    expect(compareCells(page.grid.at('epoll-prefork-1', 50), cell)).toBeNull();
    const csv = csvFiles([page]);
    const cells = csv
      .get('cells.csv')!
      .split('\n')
      .find((line) => line.startsWith('blocking-serial,epoll,50'))!;
    expect(cells).toContain('invalid');
    expect(csv.get('repeats.csv')).toMatch(/b1-blocking-serial-epoll-c50,.*1234/);
  });
});
