import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnBlocks, telling } from '../../../harness/render/columns.ts';

const seedGrid = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 2500, 3000];

describe('columnBlocks', () => {
  it("gives the seed's two blocks for the seed's grid", () => {
    expect(columnBlocks(seedGrid)).toEqual([seedGrid.slice(0, 6), seedGrid.slice(6)]);
  });

  it('keeps a short grid together and divides others evenly', () => {
    expect(columnBlocks([5, 50, 500])).toEqual([[5, 50, 500]]);
    expect(columnBlocks([])).toEqual([]);
    expect(columnBlocks([1, 2, 3, 4, 5, 6, 7, 8]).map((block) => block.length)).toEqual([4, 4]);
  });

  it('shows every concurrency once, in order, at most seven a block', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 20_000 }), { maxLength: 60 }), (values) => {
        const grid = values.sort((a, b) => a - b);
        const blocks = columnBlocks(grid);
        expect(blocks.flat()).toEqual(grid);
        expect(blocks.every((block) => block.length > 0 && block.length <= 7)).toBe(true);
      }),
    );
  });
});

describe('telling', () => {
  it('takes the concurrencies nearest to 5, 10, 50 and 1000', () => {
    expect(telling(seedGrid)).toEqual([5, 10, 50, 1000]);
    expect(telling([1, 4, 12, 40, 60, 5000])).toEqual([4, 12, 60, 5000]);
    expect(telling([7, 9])).toEqual([7, 9]);
  });
});
