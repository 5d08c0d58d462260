import { expect, it } from 'vitest';
import { analysePage } from '../../../harness/analysis/page.ts';
import { failuresSection } from '../../../harness/render/sections/failures.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const links = { run: 'run', beside: 'charts' };
const small = { concurrencies: [5], traced: undefined };

it('attempts that do not count are counted, and it is said when a run was gone on with', () => {
  const run = madeUpRun({
    scenario: small,
    adjustManifest: (manifest) => {
      const attempt = (at: number, outcome: 'ok' | 'discarded' | 'superseded') => ({
        repeatId: manifest.repeats[at]!.repeatId,
        attempt: 1,
        startedAt: '2026-11-25T00:00:00.000Z',
        reason: null,
        outcome,
      });
      return {
        ...manifest,
        attempts: [
          attempt(0, 'ok'),
          attempt(1, 'superseded'),
          attempt(2, 'discarded'),
          attempt(3, 'discarded'),
        ],
        resumed: [{ at: '2026-11-25T01:02:03.000Z', commit: null }],
      };
    },
  });
  const text = failuresSection(analysePage(run, 'epoll', null), links);
  expect(text).toContain('1 attempt had too short a window for a listen queue that overflowed');
  expect(text).toContain('2 attempts left no record, since the run ended in their midst.');
  expect(text).toContain('The run ended early, and was gone on with at 2026-11-25 01:02 UTC.');
});

it('nothing is said of attempts where all went through at once', () => {
  const text = failuresSection(analysePage(madeUpRun({ scenario: small }), 'epoll', null), links);
  expect(text).toBe('## Failures\n\nNo repeat failed.');
});
