/**
 * The page of counters that our servers share (`--counters FILE`); servers/common/counter-page.h has its layout.
 */

/** In the order of the page. */
const counterNames = [
  'accepted',
  'answered',
  'bytesSent',
  'noticesSent',
  'noticesReceived',
  'emptyAccepts',
  'eagains',
  'errors',
  'reuses',
] as const;

export type CounterSlot = { readonly pid: number } & Readonly<Record<(typeof counterNames)[number], number>>;

export interface CounterPage {
  /** Workers replaced so far. */
  readonly respawns: number;
  /** Slot 0 is the only process or the parent, the others are its workers. */
  readonly slots: readonly CounterSlot[];
}

/** Bytes of a slot, by the page's first 8 bytes. Pages of the first layout end before `reuses`, which is 0 there. */
const slotSizes = new Map([
  ['FBCOUNT1', 64],
  ['FBCOUNT2', 128],
]);
const pidsOffset = 64;

/** Throws an Error that says what is wrong when the bytes are no whole page. */
export function parseCounterPage(bytes: Uint8Array): CounterPage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const slotBytes = slotSizes.get(new TextDecoder('latin1').decode(bytes.subarray(0, 8)));
  if (bytes.length < pidsOffset || slotBytes === undefined) {
    throw new Error(`counter page: the first 8 bytes are none of ${[...slotSizes.keys()].join(', ')}`);
  }
  const slotCount = view.getUint32(8, true);
  const slotOffset = view.getUint32(12, true);
  if (slotOffset % slotBytes !== 0 || slotOffset < pidsOffset + 4 * slotCount) {
    throw new Error(`counter page: ${slotCount} slots can't begin at byte ${slotOffset}`);
  }
  if (bytes.length < slotOffset + slotBytes * slotCount) {
    throw new Error(`counter page: ${bytes.length} bytes are too few for ${slotCount} slots`);
  }
  const slots = Array.from({ length: slotCount }, (_, slot) => {
    const counts = counterNames.map((name, index) => {
      const offset = 8 * index;
      if (offset >= slotBytes) return [name, 0] as const;
      return [name, Number(view.getBigUint64(slotOffset + slotBytes * slot + offset, true))] as const;
    });
    const pid = view.getUint32(pidsOffset + 4 * slot, true);
    return { pid, ...(Object.fromEntries(counts) as Record<(typeof counterNames)[number], number>) };
  });
  return { respawns: view.getUint32(16, true), slots };
}
