import { expect, it } from 'vitest';
import { differences } from '../../../harness/analysis/differences.ts';

it('names each field that differs by its path', () => {
  const recorded = { a: { b: 1, c: [1, { d: 'x' }] }, e: null };
  const recomputed = { a: { b: 2, c: [1, { d: 'y' }] }, e: 0, f: true };
  expect(differences(recorded, recomputed, 'r')).toEqual([
    { path: 'r.a.b', recorded: 1, recomputed: 2 },
    { path: 'r.a.c[1].d', recorded: 'x', recomputed: 'y' },
    { path: 'r.e', recorded: null, recomputed: 0 },
    { path: 'r.f', recorded: undefined, recomputed: true },
  ]);
});

it('takes what is undefined for what is not there, and nothing else for the same', () => {
  expect(differences({ a: 1, b: undefined }, { a: 1 }, 'r')).toEqual([]);
  expect(differences([1], [1, 2], 'r')).toEqual([{ path: 'r', recorded: [1], recomputed: [1, 2] }]);
  expect(differences({}, [], 'r')).toHaveLength(1);
  expect(differences(undefined, { a: 1 }, 'r')).toHaveLength(1);
});
