import type { z } from 'zod';
import { UserError } from './errors.ts';

/**
 * The parameters that a scenario gave to something, checked and with their defaults. Throws UserError that names
 * `where`, such as "disturbance busy-loop", and what is wrong.
 */
export function readParams<Schema extends z.ZodType>(
  schema: Schema,
  params: Readonly<Record<string, string | number | boolean>>,
  where: string,
): z.output<Schema> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => [...path, message].join(': '));
  throw new UserError(`${where}: ${wrong.join('; ')}`, 'mend its params in the scenario');
}
