import { z } from 'zod';

/**
 * The two events that a load of ours prints, one JSON object a line, so that the harness can read its counters at
 * the borders of the measured window.
 */
const eventSchema = z.object({ event: z.enum(['windowStart', 'windowEnd']) });

export function windowEvent(line: string): 'start' | 'end' | null {
  if (!line.startsWith('{"event":"window')) return null;
  const parsed = eventSchema.safeParse(JSON.parse(line));
  if (!parsed.success) return null;
  return parsed.data.event === 'windowStart' ? 'start' : 'end';
}
