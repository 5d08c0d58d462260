import { z } from 'zod';
import type { Manifest } from './manifest.ts';
import type { RepeatRecord } from './record.ts';

/** What a run is apart from its records. */
export interface RunFrame {
  readonly manifest: Manifest;
  /** Whether the journal ends in the middle of a record, as it does when the harness was killed. */
  readonly torn: boolean;
}

/** A run as it was left behind: what was planned and what each repeat that took place gave. */
export interface Run extends RunFrame {
  readonly records: readonly RepeatRecord[];
}

/** One figure of the seed experiment's tables: webbench's `Speed`, failures included. */
export const seedFigureSchema = z.strictObject({
  variant: z.string().min(1),
  concurrency: z.coerce.number().int().min(1),
  pages_per_minute: z.coerce.number().positive(),
});
export type SeedFigure = z.output<typeof seedFigureSchema>;

/** Its tables, by the names that scenarios have for them. */
export type SeedTables = ReadonlyMap<string, readonly SeedFigure[]>;
