import type { RepeatRecord } from '../core/record.ts';

/** What one repeat sent over the link within its window. Null: not measured. */
export interface LinkRates {
  readonly tomBitsPerSecond: number | null;
  readonly jerryBitsPerSecond: number | null;
  /** Packets that a traffic shaper made wait, and those that it dropped, from before the load until after it. */
  readonly heldBackPackets: number | null;
  readonly droppedPackets: number | null;
}

export function linkRates({ link }: RepeatRecord): LinkRates {
  const rate = (host: 'tom' | 'jerry'): number | null =>
    link && link.windowMs > 0 ? (8000 * link[host].sentBytes) / link.windowMs : null;
  return {
    tomBitsPerSecond: rate('tom'),
    jerryBitsPerSecond: rate('jerry'),
    heldBackPackets: link?.heldBack?.packets ?? null,
    droppedPackets: link?.heldBack?.dropped ?? null,
  };
}
