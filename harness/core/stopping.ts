/*
 * When a run that is to reach a precision may stop. Stopping as soon as an interval looks narrow enough favours
 * intervals that are narrow by luck (Chow and Robbins, "On the asymptotic theory of fixed-width sequential confidence
 * intervals", 1965: the promise is kept in the limit only). With few blocks that costs up to 5 % of coverage; with the
 * two rules below it is kept, as test/harness/analysis/coverage.test.ts shows on the noise of real journals.
 */

/** Not before so many blocks. */
export const fewestBlocks = 6;

/** It must have been narrow enough at so many looks in a row, one a block. */
export const looksInARow = 2;

/** Time for a run that is to reach a precision and was given no other. */
export const defaultBudgetMs = 30 * 60_000;
