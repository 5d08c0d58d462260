import { z } from 'zod';

/** The raw output of a repeat: texts by name, such as `tom/netstat-s.before.txt`. */
export type RawTexts = Readonly<Record<string, string>>;

/** A text that a parser needs is not there: figures cannot be told from what is left. */
export class MissingTextError extends Error {
  readonly textName: string;

  constructor(textName: string) {
    super(`the raw output lacks ${textName}`);
    this.textName = textName;
  }
}

/** Throws MissingTextError. */
export function textOf(raw: RawTexts, name: string): string {
  const text = raw[name];
  if (text === undefined) throw new MissingTextError(name);
  return text;
}

/** What a plug-in noted for its own parser. Throws MissingTextError, or an Error that says what is wrong with it. */
export function noteOf<Schema extends z.ZodType>(
  raw: RawTexts,
  name: string,
  schema: Schema,
): z.output<Schema> {
  const text = textOf(raw, name);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`${name} is not JSON`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Error(`${name}: ${z.prettifyError(parsed.error).replace(/\s*\n\s*/g, ' ')}`);
}
