import { expect, it } from 'vitest';
import { analysePage } from '../../../harness/analysis/page.ts';
import { opening } from '../../../harness/render/headline.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const serial = 'blocking-serial';

/** The serial server is ahead up to 50 connections, and behind the one with two workers beyond that. */
const page = analysePage(
  madeUpRun({
    scenario: { concurrencies: [5, 10, 20, 50, 1000, 2000], traced: undefined },
    blocks: 5,
    noise: 0.02,
    behaviour: (variant, concurrency) => ({
      requestsPerSecond: variant === serial ? (concurrency < 1000 ? 4000 : 900) : 1000,
      overflows: concurrency >= 10 ? 20 : 0,
    }),
  }),
  'epoll',
  null,
);

it('a mean over many concurrencies does not hide that it was the other way round at some', () => {
  const { title, answer } = opening(page);
  expect(title).toBe(
    'blocking-serial is ahead of the others, but epoll-prefork (1 worker) and epoll-prefork (2 workers) are ahead at 1000–2000 connections',
  );
  expect(answer.flat().join(' ')).toContain(
    'It was the other way round for epoll-prefork (1 worker) at 1000–2000 connections and for epoll-prefork (2 workers) at 1000–2000 connections.',
  );
});
