import { readFileSync } from 'node:fs';
import type { Finished } from '../../harness/core/plugin.ts';
import type { RawTexts } from '../../harness/core/raw-texts.ts';
import { recordSchema, type RepeatRecord } from '../../harness/core/record.ts';

/** A text in test/fixtures. */
export const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

/** How a load of somebody else's ended, as scripts/capture-fixtures.ts saw it, and how many requests were served. */
export const captured = (name: string): Finished & { readonly served: number } =>
  JSON.parse(fixture(`${name}.json`)) as Finished & { served: number };

/** A repeat of a shipped scenario: its record and its raw output, of watched ones what that probe saw. */
export const capturedRepeat = (
  name: 'timed' | 'strace' | 'syscall-times' | 'standstill',
): { readonly record: RepeatRecord; readonly raw: RawTexts } => {
  const { record, raw } = JSON.parse(fixture(`repeat/${name}.json`)) as { record: unknown; raw: RawTexts };
  // One that a probe alone was captured for is no whole record.
  return { record: recordSchema.partial().parse(record) as RepeatRecord, raw };
};
