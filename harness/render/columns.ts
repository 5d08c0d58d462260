/** The widest table that still fits a page beside its row names. */
const pageColumns = 7;

/** Where the seed experiment's tables change from their first block of columns to the second. */
const seedSplit = 50;

/**
 * Concurrencies as blocks of columns: the seed's two blocks (up to 50, and above) where both fit, else blocks of
 * about equal size. `mostColumns` is how many fit beside the names of the rows.
 */
export function columnBlocks(concurrencies: readonly number[], mostColumns = pageColumns): number[][] {
  if (concurrencies.length <= mostColumns) return concurrencies.length === 0 ? [] : [[...concurrencies]];
  const low = concurrencies.filter((concurrency) => concurrency <= seedSplit);
  const high = concurrencies.filter((concurrency) => concurrency > seedSplit);
  const seedBlocks = [low, high];
  if (seedBlocks.every((block) => block.length > 0 && block.length <= mostColumns)) return seedBlocks;
  const blockCount = Math.ceil(concurrencies.length / mostColumns);
  const size = Math.ceil(concurrencies.length / blockCount);
  return Array.from({ length: blockCount }, (_, index) =>
    concurrencies.slice(index * size, (index + 1) * size),
  ).filter((block) => block.length > 0);
}

/** A few concurrencies that stand for all: those nearest to 5, 10, 50 and 1000, as far as they are different ones. */
export function telling(concurrencies: readonly number[]): number[] {
  const wanted = [5, 10, 50, 1000];
  if (concurrencies.length <= wanted.length) return [...concurrencies];
  const distance = (a: number, b: number): number => Math.abs(Math.log(a / b));
  const nearest = wanted.map((target) =>
    concurrencies.reduce((best, one) => (distance(one, target) < distance(best, target) ? one : best)),
  );
  return [...new Set(nearest)].sort((a, b) => a - b);
}
