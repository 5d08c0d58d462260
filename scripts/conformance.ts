/**
 * usage: node --import tsx scripts/conformance.ts
 *
 * Writes docs/http-conformance.md from the requirements in test/conformance. A test holds the page against them.
 */
import { writeFile } from 'node:fs/promises';
import { conformancePage, conformancePagePath } from './conformance/page.ts';

await writeFile(conformancePagePath, await conformancePage());
