import { z } from 'zod';
import { parseCounterPage, type CounterPage } from '../../core/counter-page.ts';
import type { HostSide, Probe, RunningProcess } from '../../core/plugin.ts';
import { noteOf, textOf } from '../../core/raw-texts.ts';
import type { ServerCounts } from '../../core/record.ts';

/**
 * What each process of the server did between two readings of its counter page. In a PID namespace its processes know
 * themselves by other ids than we do: `outerPids` has ours.
 */
export function serverCounts(
  before: CounterPage,
  after: CounterPage,
  outerPids: ReadonlyMap<number, number> = new Map(),
): ServerCounts {
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
      return { role, slot: index, pid: outerPids.get(pid) ?? pid, ...difference };
    }),
  };
}

/** Our ids of the server's processes, by the ids that they know themselves by. */
async function outerPids(tom: HostSide, server: RunningProcess): Promise<[number, number][]> {
  return (await tom.processes(server.pid)).map(({ pid, innerPid }) => [innerPid, pid]);
}

const contextFile = 'tom/counters.context.json';

const contextSchema = z.strictObject({
  outerPids: z
    .array(z.tuple([z.number(), z.number()]))
    .nullable()
    .describe(
      "the ids by which the server's processes know themselves, and ours; null: it keeps no counters",
    ),
});

const note = (context: z.output<typeof contextSchema>): string => JSON.stringify(context);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** The server's own counts, from the page that it shares: readable even while the server is blocked. */
const counters: Probe = {
  summary: "the server's own counts",
  check: async () => null,

  async start({ testbed: { tom }, server, counterFile, countsItself }) {
    if (!countsItself) return { finish: async () => ({ [contextFile]: note({ outerPids: null }) }) };
    const before = await tom.readBytes(counterFile);
    return {
      async finish() {
        const after = await tom.readBytes(counterFile);
        return {
          'tom/counters.before.base64': base64(before),
          'tom/counters.after.base64': base64(after),
          [contextFile]: note({ outerPids: await outerPids(tom, server) }),
        };
      },
    };
  },

  parse(raw) {
    const { outerPids } = noteOf(raw, contextFile, contextSchema);
    if (outerPids === null) return {};
    const [before, after] = ['before', 'after'].map((when) =>
      parseCounterPage(Buffer.from(textOf(raw, `tom/counters.${when}.base64`), 'base64')),
    );
    return { server: serverCounts(before!, after!, new Map(outerPids)) };
  },
};

export default counters;
