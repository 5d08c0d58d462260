import type { ConditionInput } from '../../harness/core/scenario.ts';

/** Something else than in the seed experiment, which takes one cause of the fall away. */
export const interventions: ConditionInput[] = [
  { id: 'long-queue', label: 'backlog 1024', concurrencies: [1000], variantParams: { backlog: 1024 } },
  {
    id: 'impatient',
    label: 'a connection without a request is closed after 20 ms',
    concurrencies: [1000],
    variantParams: { 'recv-timeout-ms': 20 },
  },
  {
    id: 'deferred',
    label: 'connections handed over with their request (TCP_DEFER_ACCEPT), for one SYN-ACK',
    concurrencies: [200, 1000],
    variantParams: { 'defer-accept': 1 },
  },
  {
    id: 'deferred-for-long',
    label: 'connections handed over with their request (TCP_DEFER_ACCEPT), for five SYN-ACKs',
    concurrencies: [200, 1000],
    // Seconds, which the kernel turns into SYN-ACKs by its timer: sent again after 1, 2, 4, 8 and 16 s.
    variantParams: { 'defer-accept': 20 },
  },
  {
    id: 'no-cookies',
    label: 'no SYN cookies',
    concurrencies: [1000],
    tomSysctls: { 'net.ipv4.tcp_syncookies': 0 },
  },
  {
    id: 'abort',
    label: 'a connection that meets a full queue is reset (tcp_abort_on_overflow)',
    concurrencies: [1000],
    tomSysctls: { 'net.ipv4.tcp_abort_on_overflow': 1 },
  },
];

/** Cells of the serial server, for hypotheses. */
export const serial = (condition: string, ...at: number[]) => ({
  variant: 'blocking-serial',
  condition,
  concurrencies: at,
});
export const prefork = (condition: string, ...at: number[]) => ({
  ...serial(condition, ...at),
  variant: 'epoll-prefork-2',
});
