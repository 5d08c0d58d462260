import type { RepeatRecord } from '../core/record.ts';
import type { Facts } from './facts.ts';
import type { OpenLoopFigures } from './open-loop.ts';
import type { Percentiles } from './histogram.ts';
import { analyseRepeat, type RepeatAnalysis } from './repeat.ts';

/*
 * The figures of many repeats in one array of numbers: a third of what they take as objects, and handed from thread to
 * thread at no cost. Whoever reads them sees objects all the same.
 */

type Figures = Readonly<Record<string, number | null>>;
type FactWords = Pick<Facts, (typeof factWordNames)[number]>;
type Words = Pick<RepeatAnalysis, (typeof wordNames)[number]> & { readonly facts: FactWords };

export interface PackedRepeats {
  /** `width` numbers a repeat; NaN where there is none. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** What is no number, one a repeat. */
  readonly words: readonly Words[];
}

/** A repeat of which nothing was measured: it has every field that a repeat has. */
const bareRecord: RepeatRecord = {
  schema: 2,
  repeatId: '',
  attempt: 1,
  pass: 'timed',
  block: 0,
  position: 0,
  cell: { variant: '', load: '', concurrency: 1, factors: {} },
  status: 'failed',
  startedAt: '',
  elapsedMs: 0,
  warmupMs: 0,
  windowMs: 0,
  unavailable: [],
};
const bare = analyseRepeat(bareRecord, []);

const wordNames = [
  'record',
  'ok',
  'settled',
  'keepsNoCounters',
  'countsApart',
  'workers',
  'standstill',
  'packets',
  'jerries',
  'claims',
] as const;
const factWordNames = ['sharesCores', 'busiestRole', 'blockedIn', 'commonestFailure'] as const;
const percentileNames = [
  'count',
  'meanUs',
  'p50Us',
  'p90Us',
  'p99Us',
  'p999Us',
  'maxUs',
] as const satisfies readonly (keyof Percentiles)[];

const openLoopNames = [
  'rate',
  'planned',
  'started',
  'waited',
  'unstarted',
  'oldestUnstartedMs',
] as const satisfies readonly (keyof OpenLoopFigures)[];

/** Fields that are objects of figures, with the names of these. */
const groupNames = {
  cpu: Object.keys(bare.cpu),
  waits: Object.keys(bare.waits),
  link: Object.keys(bare.link),
  queue: Object.keys(bare.queue),
  sockets: Object.keys(bare.sockets),
  calls: Object.keys(bare.calls),
  facts: namesBut(bare.facts, factWordNames),
  responseTime: [...percentileNames],
  connectTime: [...percentileNames],
  openLoop: [...openLoopNames],
  scheduleError: [...percentileNames],
};
/** Those that a repeat need not have. */
const optionalGroups: readonly string[] = ['responseTime', 'connectTime', 'openLoop', 'scheduleError'];
const groups = Object.entries(groupNames);
const ownNames = namesBut(bare, [...wordNames, ...Object.keys(groupNames)]);
const width = groups.reduce((total, [, names]) => total + names.length, ownNames.length);

function namesBut(object: object, left: readonly string[]): string[] {
  return Object.keys(object).filter((name) => !left.includes(name));
}

export function pack(repeats: readonly RepeatAnalysis[]): PackedRepeats {
  const numbers = new Float64Array(repeats.length * width);
  let at = 0;
  const put = (figures: Figures | null, names: readonly string[]): void => {
    for (const name of names) numbers[at++] = figures?.[name] ?? NaN;
  };
  for (const repeat of repeats) {
    put(repeat as unknown as Figures, ownNames);
    for (const [group, names] of groups) {
      put(repeat[group as keyof typeof groupNames] as unknown as Figures | null, names);
    }
  }
  return { numbers, words: repeats.map(wordsOf) };
}

function wordsOf(repeat: RepeatAnalysis): Words {
  const { record, ok, settled, keepsNoCounters, countsApart, workers, standstill, packets, jerries, claims } =
    repeat;
  const { sharesCores, busiestRole, blockedIn, commonestFailure } = repeat.facts;
  const facts = { sharesCores, busiestRole, blockedIn, commonestFailure };
  const words = { record, ok, settled, keepsNoCounters, countsApart, workers, standstill };
  return { ...words, packets, jerries, claims, facts };
}

/** Repeats that look into the arrays. */
export const unpack = ({ numbers, words }: PackedRepeats): RepeatAnalysis[] =>
  words.map((ofRepeat, at) => new PackedRepeat(numbers, at * width, ofRepeat) as unknown as RepeatAnalysis);

/** Some figures of a repeat, from `start` on. Fields are only declared: to define them first costs more than all else. */
class View<Beside> {
  declare readonly numbers: Float64Array;
  declare readonly start: number;
  declare readonly beside: Beside;

  constructor(numbers: Float64Array, start: number, beside: Beside) {
    this.numbers = numbers;
    this.start = start;
    this.beside = beside;
  }
}

class PackedRepeat extends View<Words> {}

function define<Of extends View<unknown>>(
  prototype: Of,
  names: readonly string[],
  get: (view: Of, at: number, name: string) => unknown,
): void {
  for (const [at, name] of names.entries()) {
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: Of) {
        return get(this, at, name);
      },
    });
  }
}

function numberAt({ numbers, start }: View<unknown>, at: number): number | null {
  const value = numbers[start + at]!;
  return Number.isNaN(value) ? null : value;
}

const besideOf = ({ beside }: View<unknown>, _at: number, name: string): unknown =>
  (beside as Readonly<Record<string, unknown>>)[name];

define(PackedRepeat.prototype, ownNames, numberAt);
define(PackedRepeat.prototype, wordNames, besideOf);
let groupStart = ownNames.length;
for (const [group, names] of groups) {
  class Group extends View<FactWords> {}
  define(Group.prototype, names, numberAt);
  if (group === 'facts') define(Group.prototype, factWordNames, besideOf);
  const start = groupStart;
  // Without a single time there are no percentiles, and a closed loop has no plan.
  const isMissing = ({ numbers, start: first }: PackedRepeat): boolean =>
    optionalGroups.includes(group) && Number.isNaN(numbers[first + start]!);
  define(PackedRepeat.prototype, [group], (repeat) =>
    isMissing(repeat) ? null : new Group(repeat.numbers, repeat.start + start, repeat.beside.facts),
  );
  groupStart += names.length;
}
