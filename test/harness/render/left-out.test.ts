import { expect, it } from 'vitest';
import { analysePage } from '../../../harness/analysis/page.ts';
import { opening } from '../../../harness/render/headline.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

it('servers that could not be measured are named, by their reason', () => {
  const run = madeUpRun({
    scenario: { concurrencies: [1, 5], traced: undefined },
    adjustManifest: (manifest) => ({
      ...manifest,
      leftOut: [
        { variant: 'n1', label: 'nginx (1 worker)', reason: 'nginx is not installed' },
        { variant: 'mine', label: 'mine', reason: 'it is not built' },
        { variant: 'n2', label: 'nginx (2 workers)', reason: 'nginx is not installed' },
      ],
    }),
  });
  expect(opening(analysePage(run, 'epoll', null)).caveats).toContainEqual({
    grave: false,
    text: 'Left out on this machine: nginx (1 worker) and nginx (2 workers) (nginx is not installed) and mine (it is not built).',
  });
});
