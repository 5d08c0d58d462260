import { readFileSync } from 'node:fs';
import type { Finished } from '../../harness/core/plugin.ts';

/** A text in test/fixtures. */
export const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

/** How a load of somebody else's ended, as scripts/capture-fixtures.ts saw it, and how many requests were served. */
export const captured = (name: string): Finished & { readonly served: number } =>
  JSON.parse(fixture(`${name}.json`)) as Finished & { served: number };
