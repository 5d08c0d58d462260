import { z } from 'zod';

/** Written by every `npm test`, read by scripts/ci.ts. */
export const testReportFile = 'build/test-report.json';

/** What we read of vitest's JSON report, with the skip reasons that scripts/ci/skip-reasons.ts adds. */
const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['passed', 'failed']),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          meta: z.object({ skipReason: z.string().optional() }),
        }),
      ),
    }),
  ),
});

export interface TestSummary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly { readonly name: string; readonly reason: string | undefined }[];
}

/** What one of several vitest processes has left: its JSON report, or null where it ended without one. */
export interface PartialReport {
  readonly name: string;
  readonly json: string | null;
}

/** One report of all of them. A process without a whole report counts as a file that failed. */
export function mergeReports(parts: readonly PartialReport[]): string {
  return JSON.stringify({ testResults: parts.flatMap(filesOf) });
}

function filesOf({ name, json }: PartialReport): unknown[] {
  try {
    return z.object({ testResults: z.array(z.unknown()) }).parse(JSON.parse(json ?? '')).testResults;
  } catch {
    return [{ name, status: 'failed', assertionResults: [] }];
  }
}

/** Counts tests. A file that failed without a failed test, since it could not be loaded, counts as one failure. */
export function summarise(json: string): TestSummary {
  const files = reportSchema.parse(JSON.parse(json)).testResults;
  const tests = files.flatMap((file) => file.assertionResults);
  const broken = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: tests.filter((test) => test.status === 'failed').length + broken.length,
    skipped: tests
      .filter((test) => test.status !== 'passed' && test.status !== 'failed')
      .map((test) => ({ name: test.fullName, reason: test.meta.skipReason })),
  };
}

/** Beginnings of reasons that setting up cannot mend. */
const excuses = [
  // It is in no package archive.
  'webbench is not installed',
  // Only root may load eBPF programs, on kernels that have them, and not in every container.
  'syscall-times cannot be used',
];

/** Everything else can be installed, and a skip would hide that it was not. */
export const mayBeSkipped = (reason: string | undefined): boolean =>
  excuses.some((excuse) => reason?.startsWith(excuse));

/** The last line of a CI run. */
export function summaryLine({ passed, failed, skipped }: TestSummary): string {
  const counts = [`${passed} passed`, `${failed} failed`];
  return [...counts, ...(skipped.length > 0 ? [`${skipped.length} skipped`] : [])].join(', ');
}
