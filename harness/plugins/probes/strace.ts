import { straceProbe } from '../../effects/strace.ts';

/** System time is what the kernel worked for a call: one that waits looks cheap. */
export default straceProbe({
  summary: 'calls and system time per syscall, from strace -c -f',
  tool: 'strace -c -f',
  clock: 'system',
});
