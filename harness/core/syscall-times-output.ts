import { z } from 'zod';
import type { SyscallTimes } from './record.ts';

const count = z.number().int().min(0);

/** What probes/syscall-times.cc prints when it is told to end. */
const syscallTimesOutputSchema = z.strictObject({
  event: z.literal('syscallTimes'),
  schema: z.literal(1),
  rows: z.array(
    z.strictObject({
      role: z.enum(['only', 'parent', 'worker']),
      syscall: z.string(),
      calls: count,
      sumNs: count,
      buckets: z
        .array(z.tuple([count, count]))
        .describe('n and the calls from 2^n to below 2^(n+1) nanoseconds'),
    }),
  ),
});

/** How the record names what measured. */
const tool = 'syscall-times';

/** Parses the last line of its output; throws an Error that says what is wrong with it. */
export function parseSyscallTimes(stdout: string): SyscallTimes[] {
  const last = stdout.trim().split('\n').at(-1)!;
  if (!last.includes('"syscallTimes"')) throw new Error(`${tool} ended before it printed any times`);
  const { rows } = syscallTimesOutputSchema.parse(JSON.parse(last));
  return rows.map(({ role, syscall, calls, sumNs, buckets }) => ({
    tool,
    role,
    syscall,
    calls,
    timeUs: sumNs / 1000,
    buckets: buckets.map(([power, callsInBucket]) => [2 ** power / 1000, callsInBucket]),
  }));
}
