import { differences } from '../analysis/differences.ts';
import { keepsNotes, uncheckedInOlder, withOlderNotes } from '../analysis/older-notes.ts';
import { messageOf } from '../core/errors.ts';
import type { Load, LoadRequest, Probe } from '../core/plugin.ts';
import { MissingTextError, type RawTexts } from '../core/raw-texts.ts';
import type { RepeatRecord } from '../core/record.ts';
import { loadResultIn } from '../engine/load-output.ts';

/** A repeat, and what is needed to come to its figures again. */
export interface Recorded {
  readonly record: RepeatRecord;
  readonly raw: RawTexts;
  readonly load: Load;
  readonly request: LoadRequest;
  /** Those that were to watch it, by name. */
  readonly probes: ReadonlyMap<string, Probe>;
  /** Of a version that kept no notes for its parsers. */
  readonly older: boolean;
}

/** What became of a record's figures when they were computed again. */
export interface Recomputed {
  /** Each with the field, what the record says and what the raw output gives. */
  readonly damage: readonly string[];
  /** What cannot be computed again, with the reason. */
  readonly unknown: readonly string[];
}

/** Sections of a record that come out of its raw output. */
const sections = [
  'load',
  'server',
  'kernel',
  'cpu',
  'sockets',
  'acceptQueue',
  'link',
  'standstill',
  'packets',
  'syscalls',
  'syscallTimes',
] as const;
type Fields = Pick<RepeatRecord, (typeof sections)[number]>;

/** Parses the raw output of a repeat again and holds every field of its record against it. */
export function recompute({ record, raw: kept, load, request, probes, older }: Recorded): Recomputed {
  const raw = older && !keepsNotes(kept) ? withOlderNotes(kept, record) : kept;
  const damage: string[] = [];
  const unknown: string[] = [];
  const fields: Partial<Fields> = {};
  // Where a parser came to no figures that has been said, and their section is not said to be missing too.
  let incomplete = false;

  const parse = (whose: string, told: string | undefined, parser: () => Partial<Fields>): void => {
    try {
      const found = parser();
      Object.assign(fields, found);
      if (told !== undefined && Object.keys(found).length > 0) {
        damage.push(`${whose}: the record has no figures (${told}), but the raw output gives some`);
      }
    } catch (error) {
      const message = messageOf(error);
      // It failed then as it does now, or it never came to write what is missing.
      if (told === message || (told !== undefined && error instanceof MissingTextError)) return;
      incomplete = true;
      if (older && error instanceof MissingTextError) {
        unknown.push(`${whose}: raw output of an older version lacks ${error.textName.replace(/\d+/, 'N')}`);
      } else {
        damage.push(`${whose}: ${message}`);
      }
    }
  };

  // A repeat that failed before its load has no output of one.
  const { failure, unavailable, status } = record;
  if ((status === 'failed') !== (failure !== undefined)) {
    damage.push(`status: it is ${status}, ${failure ? 'but there is a failure' : 'and no failure is named'}`);
  }
  if (failure === undefined || failure.stage === 'load') {
    parse('load', failure?.message, () => ({ load: loadResultIn(raw, load, request) }));
  }
  for (const [name, probe] of failure === undefined || Object.keys(kept).length > 0 ? probes : []) {
    const told = unavailable.find((one) => one.probe === name)?.reason;
    parse(name, told, () => probe.parse(raw));
  }

  for (const section of sections) {
    if (fields[section] === undefined && incomplete) continue;
    // As it would be after it was written and read.
    const recomputed: unknown = fields[section] && JSON.parse(JSON.stringify(fields[section]));
    for (const { path, ...values } of differences(record[section], recomputed, section)) {
      // An older version had fewer fields.
      if (path === 'load.claims' && values.recorded === undefined) continue;
      if (older && (values.recorded === undefined || uncheckedInOlder.test(path))) continue;
      damage.push(
        `${path}: the record says ${shown(values.recorded)}, the raw output gives ${shown(values.recomputed)}`,
      );
    }
  }
  return { damage, unknown };
}

const mostCharacters = 60;

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}…`;
}
