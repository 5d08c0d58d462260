import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { manifestSchema } from '../../../harness/core/manifest.ts';
import { recordSchema } from '../../../harness/core/record.ts';

it.each([
  ['manifest', manifestSchema],
  ['record', recordSchema],
])('schemas/%s.schema.json is what the code checks (npm run schemas makes it anew)', (name, schema) => {
  const published: unknown = JSON.parse(readFileSync(`schemas/${name}.schema.json`, 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))));
});
