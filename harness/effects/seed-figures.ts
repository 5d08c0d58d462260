import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.ts';
import { questionSchema, seedTableNames, type Question } from '../core/hypothesis.ts';
import { seedFigureSchema, type SeedTables } from '../core/journal.ts';

const directory = new URL('../../scenarios/seed/', import.meta.url);

/** The tables of the seed experiment, which belong to the project. Throws UserError. */
export async function readSeedTables(): Promise<SeedTables> {
  const tables = await Promise.all(
    seedTableNames.map(async (name) => [name, await readRows(name, seedFigureSchema)] as const),
  );
  return new Map(tables);
}

/** What it left open, in the order of its note. Throws UserError. */
export const readQuestions = (): Promise<Question[]> => readRows('questions', questionSchema);

async function readRows<Row>(name: string, row: z.ZodType<Row>): Promise<Row[]> {
  const path = fileURLToPath(new URL(`${name}.csv`, directory));
  try {
    const rows: unknown = parse(await readFile(path), { columns: true });
    return z.array(row).parse(rows);
  } catch (error) {
    throw new UserError(`${path}: ${messageOf(error)}`, 'restore the file: git checkout -- scenarios/seed');
  }
}
