import { straceProbe } from '../../effects/strace.ts';

/** Wall time reaches from the start of a call to its end, so it holds the waiting that system time leaves out. */
export default straceProbe({
  summary: 'calls and wall time per syscall, from strace -c -w -f',
  tool: 'strace -c -w -f',
  clock: 'wall',
});
