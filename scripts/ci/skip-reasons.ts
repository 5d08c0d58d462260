import type { Reporter, TestCase } from 'vitest/node';

/** Copies the reason given to `context.skip(reason)` into the JSON report, which vitest leaves out. */
export default class SkipReasons implements Reporter {
  onTestCaseResult(testCase: TestCase): void {
    const result = testCase.result();
    if (result.state === 'skipped' && result.note !== undefined) {
      Object.assign(testCase.meta(), { skipReason: result.note });
    }
  }
}
