import type { Machine } from '../../harness/core/plugin.ts';
import { loadPlugin } from '../../harness/effects/registry.ts';
import { runRepeat, type RepeatOutcome } from '../../harness/engine/repeat.ts';

export interface TracedServer {
  readonly plugin: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

/** One traced repeat as a run makes it, short, at 5 connections; `hosts` is a file in harness/plugins/hosts. */
export async function tracedRepeat(
  machine: Machine,
  hosts: string,
  { plugin, params = {} }: TracedServer,
  tracer: string,
): Promise<RepeatOutcome> {
  const kind = await loadPlugin('hosts', hosts);
  const testbed = await kind.open(machine, { tom: [], jerry: [] });
  try {
    return await runRepeat({
      attempt: 1,
      position: 1,
      planned: {
        repeatId: `${tracer}-${plugin}`,
        pass: 'traced',
        block: 0,
        position: 1,
        cell: { variant: plugin, load: 'epoll', concurrency: 5, factors: {} },
        warmupMs: 0,
        windowMs: 500,
        drainMs: 300,
        tracer,
      },
      machine,
      testbed,
      variant: await loadPlugin('variants', plugin),
      variantChoice: { id: plugin, label: plugin, plugin, params, optional: false },
      load: await loadPlugin('loads', 'epoll'),
      loadChoice: { id: 'epoll', params: {} },
      probes: await Promise.all(
        ['counters', tracer].map(async (name) => ({ name, probe: await loadPlugin('probes', name) })),
      ),
      unavailable: [],
      port: testbed.port,
      signal: new AbortController().signal,
      onStep: () => undefined,
    });
  } finally {
    await testbed.close();
  }
}
