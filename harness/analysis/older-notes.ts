import type { RawTexts } from '../core/raw-texts.ts';
import type { RepeatRecord } from '../core/record.ts';

/*
 * Runs of older versions kept no notes of what their parsers knew beside the raw output: ids, roles, the length of a
 * window. The record holds most of that, so all else can be recomputed with what it says.
 */

/** Whether the run kept notes: each of its loads left one of how it ended. */
export const keepsNotes = (raw: RawTexts): boolean => raw['load/ended.json'] !== undefined;

/** Fields that nothing can be held against where the notes come from the record itself. */
export const uncheckedInOlder =
  /^(load\.notes|sockets\.(states|jerryPorts)|server\.processes\[\d+\]\.pid|(cpu|link)\.windowMs|kernel\.separate)/;

/** Raw output completed by notes that say what the record says, as far as it says it. */
export function withOlderNotes(raw: RawTexts, record: RepeatRecord): RawTexts {
  const { load, cpu, kernel, link, sockets } = record;
  const notes: Record<string, unknown> = {
    'load/ended.json': {
      command: '',
      exitCode: load === undefined ? 1 : 0,
      signal: null,
      timedOut: false,
      serverEnded: null,
    },
    'tom/counters.context.json': { outerPids: record.server === undefined ? null : [] },
    'tom/syscall-times.ended.json': { exitCode: 0, stderr: '' },
    'tom/sockets.window.json': { fromUs: null, toUs: null },
    ...(cpu ? { 'cpu/context.json': cpuNotes(raw, cpu) } : {}),
    ...(kernel ? { 'tom/netstat.context.json': { separate: kernel.separate } } : {}),
    ...(link ? { 'tom/link.context.json': linkNotes(raw, link) } : {}),
  };
  const texts = Object.entries(notes).map(([name, note]) => [name, JSON.stringify(note)] as const);
  const ports = sockets && `${sockets.jerryPorts.first} ${sockets.jerryPorts.last}`;
  return {
    ...Object.fromEntries(texts),
    ...(ports === undefined ? {} : { 'jerry/ip-local-port-range.txt': ports }),
    ...raw,
  };
}

function cpuNotes(raw: RawTexts, { windowMs, processes, cores }: NonNullable<RepeatRecord['cpu']>) {
  const seen = (when: string) =>
    processes
      .filter(({ pid }) => raw[`cpu/proc-${pid}-stat.${when}.txt`] !== undefined)
      .map(({ pid, host, role }) => ({ pid, host, role }));
  const coresOf = (host: 'tom' | 'jerry'): number[] =>
    cores.filter(({ hosts }) => hosts.includes(host)).map(({ core }) => core);
  return {
    start: { atMs: 0, processes: seen('start') },
    end: { atMs: windowMs, processes: seen('end') },
    cores: { tom: coresOf('tom'), jerry: coresOf('jerry') },
  };
}

function linkNotes(raw: RawTexts, { windowMs }: NonNullable<RepeatRecord['link']>) {
  const shaped = ['tom', 'jerry'].filter((host) => raw[`${host}/tc-qdisc.before.json`] !== undefined);
  // Hosts that share a network have one device, and it was looked at once.
  const device = shaped.length === 2 ? 'eth0' : 'lo';
  return { device, startMs: 0, endMs: windowMs, shaped };
}
