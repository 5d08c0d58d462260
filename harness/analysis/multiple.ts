/*
 * Many comparisons at once: of 20 that differ by chance alone one would be called different at 5 %. Both corrections take
 * p-values in any order and return adjusted ones in the same order, to be held against the level that is wanted.
 */

/**
 * After Holm ("A simple sequentially rejective multiple test procedure", 1979): the chance that any of the comparisons is
 * called different although it is not stays below the level, whatever their dependence.
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = Array.from<number>({ length: pValues.length });
  let largest = 0;
  for (const [rank, { p, index }] of ranked(pValues).entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * p));
    adjusted[index] = largest;
  }
  return adjusted;
}

/**
 * After Benjamini and Hochberg ("Controlling the false discovery rate", 1995): of those that are called different, the
 * expected share that is not stays below the level.
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const adjusted = Array.from<number>({ length: pValues.length });
  let smallest = 1;
  for (const [fromEnd, { p, index }] of ranked(pValues).toReversed().entries()) {
    const rank = pValues.length - fromEnd;
    smallest = Math.min(smallest, (pValues.length / rank) * p);
    adjusted[index] = smallest;
  }
  return adjusted;
}

/** p-values corrected by one of these, for those that are there; null stays null and counts as no comparison. */
export function whereKnown(
  correct: (pValues: readonly number[]) => number[],
  pValues: readonly (number | null)[],
): (number | null)[] {
  const adjusted = correct(pValues.filter((value) => value !== null));
  let next = 0;
  return pValues.map((value) => (value === null ? null : adjusted[next++]!));
}

function ranked(pValues: readonly number[]): { readonly p: number; readonly index: number }[] {
  return pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p || a.index - b.index);
}
