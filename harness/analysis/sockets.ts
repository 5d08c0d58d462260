import type { RepeatRecord, Sockets } from '../core/record.ts';

/** Sockets of both hosts in one repeat. Null: not watched. */
export interface SocketFigures {
  /** In a TCP state within the window, on average. */
  readonly tomEstablished: number | null;
  readonly tomSynReceived: number | null;
  readonly tomMeanTimeWait: number | null;
  readonly jerryEstablished: number | null;
  readonly jerrySynSent: number | null;
  /** At the load's end. */
  readonly tomTimeWait: number | null;
  readonly jerryTimeWait: number | null;
  /** How many local ports Jerry may use. */
  readonly jerryPorts: number | null;
  /** What the kernel counted from before the load to after it. */
  readonly jerrySynRetransmits: number | null;
  readonly tomSynCookies: number | null;
  readonly tomResets: number | null;
}

/** How many local ports Jerry may use. */
export const portsOf = ({ jerryPorts: { first, last }, furtherPorts = 0 }: Sockets): number =>
  last - first + 1 + furtherPorts;

export function socketFigures({ sockets, kernel }: RepeatRecord): SocketFigures {
  // A state that never occurred, and a counter that did not move, are left out of the record.
  const state = (host: 'tom' | 'jerry', name: string): number | null =>
    sockets?.states ? (sockets.states[host][name]?.mean ?? 0) : null;
  return {
    tomEstablished: state('tom', 'established'),
    tomSynReceived: state('tom', 'synReceived'),
    tomMeanTimeWait: state('tom', 'timeWait'),
    jerryEstablished: state('jerry', 'established'),
    jerrySynSent: state('jerry', 'synSent'),
    tomTimeWait: sockets?.tom.timeWait ?? null,
    jerryTimeWait: sockets?.jerry.timeWait ?? null,
    jerryPorts: sockets ? portsOf(sockets) : null,
    jerrySynRetransmits: kernel ? (kernel.jerry.tcpExt['TCPSynRetrans'] ?? 0) : null,
    tomSynCookies: kernel ? (kernel.tom.tcpExt['SyncookiesSent'] ?? 0) : null,
    tomResets: kernel ? (kernel.tom.tcp['OutRsts'] ?? 0) : null,
  };
}
