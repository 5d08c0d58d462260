import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.ts';
import { seedFigureSchema, type SeedFigure } from '../core/journal.ts';

const directory = new URL('../../scenarios/seed/', import.meta.url);

/** The figures of one of the seed experiment's tables, which belong to the project. */
export async function readSeedFigures(name: string): Promise<SeedFigure[]> {
  const path = fileURLToPath(new URL(`${name}.csv`, directory));
  try {
    const rows: unknown = parse(await readFile(path), { columns: true });
    return z.array(seedFigureSchema).parse(rows);
  } catch (error) {
    throw new UserError(`${path}: ${messageOf(error)}`, 'restore the file: git checkout -- scenarios/seed');
  }
}
