import { z } from 'zod';

const resultSchema = z.object({
  start: z.object({ version: z.string() }),
  end: z.object({ sum_received: z.object({ bits_per_second: z.number().positive() }) }),
});
const refusalSchema = z.object({ error: z.string() });

/** What `iperf3 --json` says of one connection: what its receiver got. Throws an Error that says what went wrong. */
export function parseIperf(text: string): { tool: string; bitsPerSecond: number } {
  const output: unknown = JSON.parse(text);
  const refusal = refusalSchema.safeParse(output);
  if (refusal.success) throw new Error(refusal.data.error);
  const { start, end } = resultSchema.parse(output);
  return { tool: start.version, bitsPerSecond: end.sum_received.bits_per_second };
}
