import { parseCounterPage, type CounterPage } from '../../core/counter-page.ts';
import type { Probe } from '../../core/plugin.ts';
import type { ServerCounts } from '../../core/record.ts';

/** What each process, or thread, of the server did between two readings of its counter page. */
export function serverCounts(before: CounterPage, after: CounterPage): ServerCounts {
  // Threads: no CPU time can be told apart for them.
  const isOneProcess = after.slots.every(({ pid }) => pid === after.slots[0]!.pid);
  return {
    respawns: after.respawns - before.respawns,
    processes: after.slots.map((slot, index) => {
      const { pid, ...counts } = slot;
      const earlier: Partial<typeof slot> = before.slots[index] ?? {};
      const difference = Object.fromEntries(
        Object.entries(counts).map(([name, value]) => [
          name,
          value - (earlier[name as keyof typeof counts] ?? 0),
        ]),
      ) as typeof counts;
      const role = isOneProcess ? 'only' : index === 0 ? 'parent' : 'worker';
      return { role, slot: index, pid, ...difference };
    }),
  };
}

/** The server's own counts, from the page that it shares: readable even while the server is blocked. */
const counters: Probe = {
  summary: "the server's own counts",
  check: async () => null,

  async start({ testbed: { tom }, counterFile, countsItself }) {
    if (!countsItself) return { finish: async () => ({ raw: {}, parse: () => ({}) }) };
    const before = await tom.readBytes(counterFile);
    return {
      async finish() {
        const after = await tom.readBytes(counterFile);
        const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
        return {
          raw: { 'tom/counters.before.base64': base64(before), 'tom/counters.after.base64': base64(after) },
          parse: () => ({ server: serverCounts(parseCounterPage(before), parseCounterPage(after)) }),
        };
      },
    };
  },
};

export default counters;
