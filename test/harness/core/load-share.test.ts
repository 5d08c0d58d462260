import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharesOf } from '../../../harness/core/load-share.ts';

const request = (concurrency: number, params: Record<string, string | number> = {}) => ({
  ...{ address: '192.0.2.1', port: 1, concurrency, warmupMs: 0, windowMs: 1000, drainMs: 0 },
  choice: { id: 'epoll', params },
});

describe('a load that is dealt out to hosts', () => {
  it('gives each its connections, none more than one more than another, and none without', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 1, max: 32 }),
        (connections, hosts) => {
          const shares = sharesOf(request(connections), hosts).map(({ concurrency }) => concurrency);
          expect(shares).toHaveLength(Math.min(connections, hosts));
          expect(shares.reduce((all, one) => all + one, 0)).toBe(connections);
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
          expect(Math.min(...shares)).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('gives each its part of a rate, and arrivals of its own where they are random', () => {
    const shares = sharesOf(request(10, { rate: 1000, arrivals: 'poisson' }), 3).map(
      ({ choice }) => choice.params,
    );
    expect(shares.map(({ rate }) => rate)).toEqual([400, 300, 300]);
    expect(new Set(shares.map((params) => params['arrival-seed'])).size).toBe(3);
    const constant = sharesOf(request(10, { rate: 1000, arrivals: 'constant' }), 2);
    expect(constant[0]!.choice.params).toEqual({ rate: 500, arrivals: 'constant' });
  });
});
