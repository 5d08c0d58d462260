import { seedRates } from '../analysis/shape.ts';
import { UserError } from '../core/errors.ts';
import type { SeedTables } from '../core/journal.ts';
import { formatRatio, noData } from './format.ts';

/** `{single-core blocking-serial 10 / blocking-serial 5}`: table, variant and clients, over those of another figure. */
const seedFigure = /^(\S+) (\S+) (\d+) \/ (\S+) (\d+)$/;

/** A text with each `{...}` replaced by what `textOf` makes of what stands in the braces. */
const replaced = (text: string, textOf: (name: string) => string): string =>
  text.replace(/\{([^}]+)\}/g, (_, name: string) => textOf(name));

/** A text with its ratios of the seed's figures put in. Throws UserError for one that the seed does not have. */
export function withSeedFigures(text: string, seed: SeedTables): string {
  return replaced(text, (name) => {
    const [, table, variant, clients, otherVariant, otherClients] = seedFigure.exec(name) ?? [];
    const { rate } = seedRates(seed.get(table ?? '') ?? []);
    const value = rate(variant ?? '', Number(clients));
    const base = rate(otherVariant ?? '', Number(otherClients));
    if (value === null || base === null) {
      throw new UserError(
        `questions.csv: {${name}} is no ratio of two of the seed's figures`,
        'write {TABLE VARIANT CLIENTS / VARIANT CLIENTS}, as in {single-core blocking-serial 10 / blocking-serial 5}',
      );
    }
    return `${formatRatio(value / base)}×`;
  });
}

/** A text with measured figures put in, by SCENARIO/HYPOTHESIS/TEST; a dash for one that was not measured. */
export const withMeasured = (text: string, figures: ReadonlyMap<string, string>): string =>
  replaced(text, (name) => figures.get(name) ?? noData);
