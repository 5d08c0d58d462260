/**
 * Writes the JSON Schemas of `manifest.json` and of a line of `records.ndjson` to schemas/. `--check` only compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { manifestSchema } from '../harness/core/manifest.ts';
import { recordSchema } from '../harness/core/record.ts';

const schemas = { manifest: manifestSchema, record: recordSchema };
let differ = false;
for (const [name, schema] of Object.entries(schemas)) {
  const path = new URL(`../schemas/${name}.schema.json`, import.meta.url);
  const text = `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`;
  if (process.argv.includes('--check')) differ ||= readFileSync(path, 'utf8') !== text;
  else writeFileSync(path, text);
}
if (differ) {
  console.error('schemas/ is out of date\nremedy: npm run schemas');
  process.exitCode = 1;
}
