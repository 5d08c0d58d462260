import { describe, expect, it } from 'vitest';
import { cpuList, layOutCores, parseCpuList } from '../../../harness/effects/cores.ts';

describe('parseCpuList', () => {
  it.each([
    ['0\n', [0]],
    ['0-3', [0, 1, 2, 3]],
    ['0-1,8,10-11', [0, 1, 8, 10, 11]],
    ['', []],
  ])('reads %j', (text, cores) => {
    expect(parseCpuList(text)).toEqual(cores);
  });

  it('reads what cpuList writes', () => {
    expect(parseCpuList(cpuList([2, 3, 7]))).toEqual([2, 3, 7]);
  });
});

describe('layOutCores', () => {
  it('gives each host cores of its own while there are enough', () => {
    expect(layOutCores([4, 5, 6, 7], 2, 1)).toEqual({ tom: [4, 5], jerry: [6], enoughForTom: true });
  });

  it("lets Jerry share Tom's last core where none is left", () => {
    expect(layOutCores([0, 1], 2, 1)).toEqual({ tom: [0, 1], jerry: [1], enoughForTom: true });
  });

  it('lets Jerry have what is left and share only the rest', () => {
    expect(layOutCores([0, 1, 2], 2, 2)).toEqual({ tom: [0, 1], jerry: [1, 2], enoughForTom: true });
  });

  it('says when Tom gets fewer than he should', () => {
    expect(layOutCores([0], 2, 1)).toEqual({ tom: [0], jerry: [0], enoughForTom: false });
  });
});
