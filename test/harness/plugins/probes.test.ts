import { describe, expect, it } from 'vitest';
import type { ProbeFields } from '../../../harness/core/record.ts';
import { MissingTextError } from '../../../harness/core/raw-texts.ts';
import { loadPlugin } from '../../../harness/effects/registry.ts';
import { capturedRepeat } from '../../support/captured.ts';

const cases = [
  { probe: 'netstat', section: 'kernel', fixture: 'timed', note: 'tom/netstat.context.json' },
  { probe: 'sockets', section: 'sockets', fixture: 'timed', note: 'tom/sockets.window.json' },
  { probe: 'cpu', section: 'cpu', fixture: 'timed', note: 'cpu/context.json' },
  { probe: 'counters', section: 'server', fixture: 'timed', note: 'tom/counters.context.json' },
  { probe: 'accept-queue', section: 'acceptQueue', fixture: 'timed', note: 'tom/accept-queue.window.json' },
  { probe: 'link', section: 'link', fixture: 'timed', note: 'tom/link.context.json' },
  { probe: 'strace', section: 'syscalls', fixture: 'strace', note: null },
  {
    probe: 'syscall-times',
    section: 'syscallTimes',
    fixture: 'syscall-times',
    note: 'tom/syscall-times.ended.json',
  },
  { probe: 'standstill', section: 'standstill', fixture: 'standstill', note: 'tom/standstill.json' },
] as const satisfies readonly { section: keyof ProbeFields; [key: string]: unknown }[];

describe.each(cases)('the probe $probe', ({ probe: name, section, fixture, note }) => {
  const { record, raw } = capturedRepeat(fixture);

  it('comes to the recorded figures from the raw output alone, whatever order it has', async () => {
    const probe = await loadPlugin('probes', name);
    expect(record[section]).toBeDefined();
    expect(probe.parse(raw)).toEqual({ [section]: record[section] });
    const reversed = Object.fromEntries(Object.entries(raw).reverse());
    expect(probe.parse(reversed)).toEqual({ [section]: record[section] });
  });

  it('says which text it misses', async () => {
    const probe = await loadPlugin('probes', name);
    expect(() => probe.parse({})).toThrow(MissingTextError);
    if (note === null) return;
    const { [note]: _, ...others } = raw;
    expect(() => probe.parse(others)).toThrow(new MissingTextError(note));
  });
});

it('takes the text of no process for nothing that strace said', async () => {
  const { raw } = capturedRepeat('strace');
  const strace = await loadPlugin('probes', 'strace');
  expect(() => strace.parse({ ...raw, 'tom/strace-c-f.txt': '' })).toThrow('tom/strace-c-f.txt');
});

it('a server that keeps no counters has none in its record', async () => {
  const counters = await loadPlugin('probes', 'counters');
  expect(counters.parse({ 'tom/counters.context.json': '{"outerPids":null}' })).toEqual({});
});
