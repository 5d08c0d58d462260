import { z } from 'zod';
import { addedCounts, jerriesWith, namedSides } from '../../core/jerries.ts';
import type { HostSide, Probe } from '../../core/plugin.ts';
import { noteOf, textOf, type RawTexts } from '../../core/raw-texts.ts';
import type { KernelCounts } from '../../core/record.ts';

/** Counters by group, as /proc/net/netstat and /proc/net/snmp have them: `{TcpExt: {ListenOverflows: 3}}`. */
export type ProcCounters = Record<string, Record<string, number>>;

/**
 * Parses /proc/net/netstat and /proc/net/snmp: pairs of lines with the same prefix, names first, then values.
 * Unlike `netstat -s` they hold every counter, zeroes too. Throws an Error where a pair does not fit together.
 */
export function parseProcCounters(text: string): ProcCounters {
  const groups: ProcCounters = {};
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  for (let index = 0; index < lines.length; index += 2) {
    const [group, ...names] = lines[index]!.trim().split(/\s+/);
    const [again, ...values] = (lines[index + 1] ?? '').trim().split(/\s+/);
    if (group === undefined || again !== group || names.length !== values.length) {
      throw new Error(`kernel counters: line ${index + 1} and the next do not belong together`);
    }
    groups[group.replace(':', '')] = Object.fromEntries(names.map((name, at) => [name, Number(values[at])]));
  }
  return groups;
}

/** Gauges: their difference says nothing. */
const gauges = new Set(['RtoAlgorithm', 'RtoMin', 'RtoMax', 'MaxConn', 'CurrEstab']);

/** What was counted between two readings, zeroes left out. */
export function counterDelta(
  before: Record<string, number> = {},
  after: Record<string, number> = {},
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after)
      .filter(([name]) => !gauges.has(name))
      .map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
      .filter(([, difference]) => difference !== 0),
  );
}

interface Reading {
  /** Text of `netstat -s`, for readers; null where the command is missing. */
  readonly netstat: string | null;
  readonly netstatFile: string;
  readonly snmpFile: string;
}

async function read(side: HostSide, withCommand: boolean): Promise<Reading> {
  const [files, command] = await Promise.all([
    side.readFiles(['/proc/net/netstat', '/proc/net/snmp']),
    withCommand ? side.run(['netstat', '-s']) : null,
  ]);
  return {
    netstat: command?.exitCode === 0 ? command.stdout : null,
    netstatFile: files[0]!,
    snmpFile: files[1]!,
  };
}

function delta(raw: RawTexts, host: string): KernelCounts['tom'] {
  const counted = (file: string, group: string): Record<string, number> => {
    const [before, after] = ['before', 'after'].map(
      (when) => parseProcCounters(textOf(raw, `${host}/proc-net-${file}.${when}.txt`))[group],
    );
    return counterDelta(before, after);
  };
  return { tcp: counted('snmp', 'Tcp'), tcpExt: counted('netstat', 'TcpExt') };
}

/** Of all hosts that made the load: what they counted is added. */
function jerriesDelta(raw: RawTexts): KernelCounts['jerry'] {
  const all = jerriesWith(raw, 'proc-net-snmp.after.txt').map((name) => delta(raw, name));
  return {
    tcp: addedCounts(all.map(({ tcp }) => tcp)),
    tcpExt: addedCounts(all.map(({ tcpExt }) => tcpExt)),
  };
}

const contextFile = 'tom/netstat.context.json';

const contextSchema = z.strictObject({
  separate: z.boolean().describe('whether Tom and Jerry count in network namespaces of their own'),
});

function rawTexts(host: string, when: string, reading: Reading): [string, string][] {
  return [
    ...(reading.netstat === null
      ? []
      : [[`${host}/netstat-s.${when}.txt`, reading.netstat] as [string, string]]),
    [`${host}/proc-net-netstat.${when}.txt`, reading.netstatFile],
    [`${host}/proc-net-snmp.${when}.txt`, reading.snmpFile],
  ];
}

/**
 * The kernel's counters before and after the load: listen overflows and drops, retransmissions, connections. They
 * belong to a network namespace, so each host is read inside its own.
 */
const netstat: Probe = {
  summary: 'kernel TCP counters of both hosts, before and after the load',

  async check(machine) {
    if ((await machine.which('netstat')) !== null) return null;
    return {
      reason:
        'netstat is not installed, so the counters come from /proc/net alone, without the text of `netstat -s`',
      remedy: 'apt-get install net-tools',
      bearable: true,
    };
  },

  async start({ machine, testbed }) {
    const sides = namedSides(testbed);
    const installed = (await machine.which('netstat')) !== null;
    const readAll = (): Promise<Reading[]> =>
      Promise.all(sides.map(({ name, side }) => read(side, installed && name === 'tom')));
    const before = await readAll();
    return {
      async finish() {
        const after = await readAll();
        const context: z.output<typeof contextSchema> = { separate: testbed.separateNetworks };
        return Object.fromEntries([
          ...sides.flatMap(({ name }, at) => [
            ...rawTexts(name, 'before', before[at]!),
            ...rawTexts(name, 'after', after[at]!),
          ]),
          [contextFile, JSON.stringify(context)],
        ]);
      },
    };
  },

  parse: (raw) => ({
    kernel: {
      tom: delta(raw, 'tom'),
      jerry: jerriesDelta(raw),
      separate: noteOf(raw, contextFile, contextSchema).separate,
    },
  }),
};

export default netstat;
