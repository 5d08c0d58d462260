import { beforeAll, describe, expect, it } from 'vitest';
import { recompute, type Recorded } from '../../../harness/commands/verify-record.ts';
import type { RawTexts } from '../../../harness/core/raw-texts.ts';
import type { RepeatRecord } from '../../../harness/core/record.ts';
import { loadPlugin } from '../../../harness/effects/registry.ts';
import { loadTexts } from '../../../harness/engine/load-output.ts';
import { captured, capturedRepeat } from '../../support/captured.ts';

const { record, raw } = capturedRepeat('timed');
let plugins: Pick<Recorded, 'load' | 'probes' | 'request'>;
beforeAll(async () => {
  const names = ['netstat', 'sockets', 'cpu', 'counters', 'accept-queue', 'link'];
  const probes = names.map(async (name) => [name, await loadPlugin('probes', name)] as const);
  const { warmupMs, windowMs, cell } = record;
  const request = { address: '127.0.0.1', port: 1, concurrency: cell.concurrency, warmupMs, windowMs };
  plugins = {
    load: await loadPlugin('loads', 'uring'),
    probes: new Map(await Promise.all(probes)),
    request: { ...request, drainMs: 100, choice: { id: 'uring', params: {} } },
  };
});

const held = (changed: Partial<RepeatRecord>, texts: RawTexts = raw, older = false) =>
  recompute({ record: { ...record, ...changed }, raw: texts, older, ...plugins });

/** One text of the raw output changed, where it holds `from`. */
function withText(name: string, from: string | RegExp, to: string): RawTexts {
  const text = raw[name]!.replace(from, to);
  expect(text).not.toBe(raw[name]);
  return { ...raw, [name]: text };
}

const without = (...names: string[]): RawTexts =>
  Object.fromEntries(Object.entries(raw).filter(([name]) => !names.includes(name)));

describe('a record', () => {
  it('holds against its own raw output', () => {
    expect(held({})).toEqual({ damage: [], unknown: [] });
  });

  it('does not hold against one with another figure', () => {
    const { succeeded } = record.load!.total;
    const texts = withText(
      'load/stdout.txt',
      /("total":\{"started":\d+,"connected":\d+,"succeeded":)\d+/,
      '$17',
    );
    expect(held({}, texts).damage).toEqual([expect.stringContaining('total.started is not the sum')]);
    const load = { ...record.load!, total: { ...record.load!.total, succeeded: succeeded + 1 } };
    expect(held({ load }).damage).toEqual([
      `load.total.succeeded: the record says ${succeeded + 1}, the raw output gives ${succeeded}`,
    ]);
  });

  it.each([
    ['tom/sockstat.after.txt', /inuse \d+/, 'inuse 77', /^sockets\.tom\.inUse: .* gives 77$/],
    ['cpu/context.json', '"atMs":', '"atMs":1', /^cpu\.windowMs: /],
    [
      'tom/proc-net-dev.end.txt',
      /^( *eth0:.* )(\d+)( +0 +0 +0 +0 +0 +0)$/m,
      '$19$3',
      /^link\.tom\.sentPackets: /,
    ],
    ['tom/accept-queue.window.json', /"toUs":\d+/, '"toUs":null', /^acceptQueue\.samples: /],
    ['tom/netstat.context.json', 'true', 'false', /^kernel\.separate: the record says true, .* gives false$/],
  ])('names the field that a change of %s makes', (name, from, to, field) => {
    expect(held({}, withText(name, from, to)).damage).toEqual(
      expect.arrayContaining([expect.stringMatching(field)]),
    );
  });

  it('has nothing that no raw output gives, and lacks nothing that it gives', () => {
    const { acceptQueue: _, ...others } = record;
    const { probes } = plugins;
    expect(recompute({ ...plugins, record: others, raw, older: false }).damage).toEqual([
      expect.stringMatching(/^acceptQueue: the record says nothing/),
    ]);
    const fewer = new Map([...probes].filter(([name]) => name !== 'link'));
    expect(recompute({ ...plugins, probes: fewer, record, raw, older: false }).damage).toEqual([
      expect.stringMatching(/^link: .* the raw output gives nothing$/),
    ]);
  });

  it('may say that a probe failed only with the reason for which it fails again', () => {
    const { acceptQueue: _, ...others } = record;
    const texts = { ...raw, 'tom/accept-queue.json': '' };
    const told = (reason: string) =>
      recompute({
        ...plugins,
        record: { ...others, unavailable: [{ probe: 'accept-queue', reason }] },
        raw: texts,
        older: false,
      }).damage;
    const reason = "the sampler's output does not end with its samples:";
    expect(told(reason)).toEqual([]);
    expect(told('it was tired')).toEqual([`accept-queue: ${reason}`]);
    expect(held({ unavailable: [{ probe: 'cpu', reason: 'no' }] }).damage).toEqual([
      'cpu: the record has no figures (no), but the raw output gives some',
    ]);
  });

  it('that failed with its load fails again for the same reason', () => {
    const { load: _, ...others } = record;
    const ended = JSON.parse(raw['load/ended.json']!) as object;
    const texts = {
      ...raw,
      'load/stderr.txt': 'no room\n',
      'load/ended.json': JSON.stringify({ ...ended, exitCode: 3 }),
    };
    const failed = (message: string) =>
      recompute({
        ...plugins,
        record: { ...others, status: 'failed', failure: { stage: 'load', message } },
        raw: texts,
        older: false,
      }).damage;
    expect(failed('no room')).toEqual([]);
    expect(failed('no time')).toEqual(['load: no room']);
  });

  it('cannot be called failed, nor right, against what it says else', () => {
    expect(held({ status: 'failed' }).damage).toEqual([expect.stringMatching(/^status: /)]);
  });
});

describe('a record of a version that kept no notes', () => {
  const notes = Object.keys(raw).filter((name) => /context|window|ended|port-range/.test(name));

  it('is held against what there is, and the rest is called unknown', () => {
    expect(notes).toHaveLength(8);
    const { damage, unknown } = held({}, without(...notes), true);
    expect(damage).toEqual([]);
    expect(unknown).toEqual([
      'accept-queue: raw output of an older version lacks tom/accept-queue.window.json',
    ]);
  });

  it('is damaged where a figure differs that the notes say nothing of', () => {
    const kernel = structuredClone(record.kernel!);
    kernel.tom.tcpExt['ListenOverflows']! += 1;
    expect(held({ kernel }, without(...notes), true).damage).toEqual([
      expect.stringMatching(/^kernel\.tom\.tcpExt\.ListenOverflows: /),
    ]);
  });

  it('is damaged where notes were taken from a run that kept them', () => {
    expect(held({}, without('cpu/context.json')).damage).toEqual([
      'cpu: the raw output lacks cpu/context.json',
    ]);
  });
});

describe("a tool's own figures in a record", () => {
  const finished = captured('ab/good');
  const rawOfTool = loadTexts(finished, null);

  async function damageOf(change: (load: NonNullable<RepeatRecord['load']>) => RepeatRecord['load']) {
    const load = await loadPlugin('loads', 'ab');
    const request = { ...plugins.request, windowMs: 1000, choice: { id: 'ab', params: {} } };
    const { schema, repeatId, attempt, pass, block, position, cell } = record;
    const { status, startedAt, elapsedMs, warmupMs, windowMs, unavailable } = record;
    const head = { schema, repeatId, attempt, pass, block, position, cell, status, startedAt, elapsedMs };
    const bare = { ...head, warmupMs, windowMs, unavailable, load: change(load.parse(finished, request)) };
    return recompute({ record: bare, raw: rawOfTool, load, request, probes: new Map(), older: false }).damage;
  }

  it('hold against what it printed', async () => {
    expect(await damageOf((load) => load)).toEqual([]);
  });

  it('are found out where they were changed', async () => {
    const changed = await damageOf((load) => {
      const claims = load.claims!;
      return { ...load, claims: { ...claims, rate: { ...claims.rate!, perSecond: 9999 } } };
    });
    expect(changed).toEqual([
      'load.claims.rate.perSecond: the record says 9999, the raw output gives 3584.51',
    ]);
  });

  it('are not missed in records from before there were any', async () => {
    const { claims: _, ...older } = (await loadPlugin('loads', 'ab')).parse(finished, {
      ...plugins.request,
      choice: { id: 'ab', params: {} },
    });
    expect(await damageOf(() => older)).toEqual([]);
  });
});
