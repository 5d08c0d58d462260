import { expect, it } from 'vitest';
import { analysePage } from '../../../harness/analysis/page.ts';
import type { CpuReading } from '../../../harness/core/record.ts';
import { waitsText } from '../../../harness/render/sections/waits.ts';
import { processes, runWithCpu, processOf } from '../../support/made-up-waits.ts';

const text = (cpu: Partial<CpuReading>): string | null =>
  waitsText(analysePage(runWithCpu(cpu), 'epoll', null).grid);

it('has a row for each variant, and no column without a figure', () => {
  const table = text({ processes, throttled: { serverMs: 0, generatorMs: 250 } });
  expect(table).toMatch(/server: run-queue wait \| µs a request \|.*\| generator: throttled \|/);
  expect(table).toContain('| blocking-serial | 5 | 20 % | 200 | 1.00 | 0.10 | 3 % | 25 % |');
  expect(table).not.toContain('| server: throttled |');
});

it('is not there for records that know no switches', () => {
  expect(text({ processes: [processOf('tom', { waitMs: 150 }), processOf('harness', {})] })).toBeNull();
});
