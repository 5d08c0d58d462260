import { compareText } from '../analysis/attempts.ts';
import { compareConditions } from '../analysis/conditions.ts';
import type { Headline, Region } from '../analysis/headline.ts';
import type { Interval } from '../analysis/intervals.ts';
import type { LoadComparison } from '../analysis/loads.ts';
import { windowsOf } from '../analysis/places.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import { formatDuration } from '../core/units.ts';
import { isTrial } from '../analysis/trial.ts';
import { listOf, plural } from './format.ts';
import { bordersOf } from './interval-text.ts';
import { isGridPage, subjectTitle, type Subject } from './subject.ts';

/** A run as the history of its scenario sees it. */
export interface PastRun {
  readonly subject: Subject;
  /** Name of its directory. */
  readonly name: string;
}

/** One ratio of one run, with how far it reaches. */
export interface HistoryPoint {
  /** What it is a ratio of, and where. */
  readonly panel: string;
  /** Whose it is: a variant, a condition or a load. */
  readonly label: string;
  readonly ratio: number;
  /** Null where one block alone says nothing of that. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface HistoryRun {
  readonly name: string;
  /** When it was measured, an ISO instant. */
  readonly createdAt: string;
  /** Letter of the circumstances that it was measured in. */
  readonly circumstances: string;
  readonly points: readonly HistoryPoint[];
}

/** What the headline ratio of a scenario was from run to run. */
export interface History {
  /** Oldest first; only runs that have a ratio. */
  readonly runs: readonly HistoryRun[];
  /** Over whom the ratios are; null where it was not the same in all runs. */
  readonly over: string | null;
  readonly panels: readonly string[];
  readonly labels: readonly string[];
  /** How many there were to choose the labels from. */
  readonly allLabels: number;
  /** How circumstances differ, by their letters. Ratios of different ones are not comparable. */
  readonly circumstances: ReadonlyMap<string, string>;
}

/** More lines than this cannot be told apart in one chart. */
const mostLabels = 5;

/** Null where there are not two runs with a ratio. */
export function historyOf(runs: readonly PastRun[]): History | null {
  const oldestFirst = runs
    .map((run) => ({ ...run, ...headlineRatios(run.subject) }))
    .filter(({ points }) => points.length > 0)
    .sort((a, b) => compareText(createdAt(a), createdAt(b)) || compareText(a.name, b.name));
  const newest = oldestFirst.at(-1);
  if (!newest || oldestFirst.length < 2) return null;
  const letters = lettersOf(oldestFirst.map(({ subject, over }) => circumstancesOf(subject, over)));
  const points = oldestFirst.flatMap((run) => run.points);
  // Those of the newest run first: it knows the scenario as it is now.
  const all = unique([...newest.points, ...points].map(({ label }) => label));
  const labels = chosenLabels(all, subjectTitle(newest.subject));
  return {
    runs: oldestFirst.map((run, index) => ({
      name: run.name,
      createdAt: createdAt(run),
      circumstances: letters.ofRuns[index]!,
      points: run.points.filter(({ label }) => labels.includes(label)),
    })),
    over: oldestFirst.every(({ over }) => over === newest.over) ? newest.over : null,
    panels: unique(points.map(({ panel }) => panel)).sort(
      (a, b) => panelOrder.indexOf(a) - panelOrder.indexOf(b),
    ),
    labels,
    allLabels: all.length,
    circumstances: letters.texts,
  };
}

const createdAt = ({ subject }: PastRun): string => subject.run.manifest.createdAt;
const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Those that the title names, and further ones in their order. */
function chosenLabels(all: readonly string[], title: string): string[] {
  const named = all.filter((label) => title.includes(label));
  const chosen = new Set(unique([...named, ...all]).slice(0, mostLabels));
  return all.filter((label) => chosen.has(label));
}

interface HeadlineRatios {
  readonly over: string;
  readonly points: readonly HistoryPoint[];
}

/** The ratios that the page of a run opens with; none on the page of a trial. */
function headlineRatios(subject: Subject): HeadlineRatios {
  if ('loads' in subject) return loadRatios(subject);
  if (isGridPage(subject)) return variantRatios(subject.headline);
  return isTrial(subject.run) ? { over: '', points: [] } : conditionRatios(subject);
}

const ratePanels = {
  clean: "requests per second, without overflow of the baseline's queue",
  overflowed: "requests per second, with overflow of the baseline's queue",
  all: 'requests per second, over all concurrencies',
} as const;
const panelOrder: readonly string[] = Object.values(ratePanels);

function variantRatios(headline: Headline): HeadlineRatios {
  const { baseline, regions } = headline;
  return {
    over: baseline?.label ?? '',
    points: regions.flatMap((region) =>
      region.ratios.flatMap(({ series, ratio }) =>
        pointOf(ratePanels[panelKind(region, headline)], series.label, ratio.interval),
      ),
    ),
  };
}

/** A run that knows one behaviour of the queue alone belongs beside those that know both. */
function panelKind({ kind }: Region, { overflow, baseline }: Headline): Region['kind'] {
  const behaviour = overflow.find(({ series }) => series === baseline)?.kind;
  if (kind !== 'all') return kind;
  return behaviour === 'never' ? 'clean' : behaviour === 'always' ? 'overflowed' : 'all';
}

function conditionRatios(page: PageAnalysis): HeadlineRatios {
  const { conditions, overall } = compareConditions(page.run, page.grid);
  return {
    over: conditions[0]?.label ?? '',
    points: overall.flatMap(({ condition, ratio }) =>
      pointOf('requests per second, all cells together', condition.label, ratio),
    ),
  };
}

/** As in the title: where there are fewest connections. */
function loadRatios({ loads, reference, series, concurrencies, at }: LoadComparison): HeadlineRatios {
  const concurrency = Math.min(...concurrencies);
  return {
    over: reference,
    points: loads.flatMap((load) =>
      pointOf(
        `CPU time of a request, at ${plural(concurrency, 'connection')}`,
        load,
        at(load, series[0]!.id, concurrency)?.cpuRatio ?? null,
      ),
    ),
  };
}

function pointOf(panel: string, label: string, interval: Interval | null): HistoryPoint[] {
  if (interval === null) return [];
  const borders = bordersOf(interval);
  return [{ panel, label, ratio: interval.estimate, low: borders?.low ?? null, high: borders?.high ?? null }];
}

/** All that has to be the same for ratios of two runs to be comparable, one fact each, always in the same order. */
function circumstancesOf(subject: Subject, over: string): string[] {
  const { environment, scenario } = subject.run.manifest;
  const { cpuModel, cpuCount, kernel, hostKind, hosts = [], sharedCores, tom } = environment;
  const measured = 'loads' in subject ? subject.loads : [subject.grid.load];
  const loads = scenario.loads
    .filter(({ id }) => measured.includes(id))
    .map(({ id, params }) =>
      [id, ...Object.entries(params).map(([name, value]) => `${name}=${value}`)].join(' '),
    );
  return [
    cpuModel,
    plural(cpuCount, 'CPU'),
    `kernel ${kernel}`,
    [`hosts ${hostKind}`, ...hosts.map((host) => `${host.name} ${host.cpuModel} ${host.kernel}`)].join(' '),
    sharedCores.length > 0 ? 'Tom and Jerry share a core' : 'Tom and Jerry have cores of their own',
    `Tom on ${plural(tom.cores.length, 'core')}`,
    `load ${loads.join(', ')}`,
    `windows of ${listOf(windowsOf(subject.run.manifest.repeats).map(formatDuration))}`,
    `over ${over}`,
    `${plural(scenario.concurrencies.length, 'concurrency', 'concurrencies')} from ${Math.min(...scenario.concurrencies)} to ${Math.max(...scenario.concurrencies)}`,
  ];
}

/** A letter for each circumstances that occur, and in which facts these differ from one another. */
function lettersOf(facts: readonly (readonly string[])[]): {
  ofRuns: string[];
  texts: Map<string, string>;
} {
  const differing = facts[0]!.map((_, index) => new Set(facts.map((one) => one[index])).size > 1);
  const ofFacts = facts.map((one) => one.filter((_, index) => differing[index]).join(', '));
  const kinds = unique(ofFacts);
  return {
    ofRuns: ofFacts.map((text) => letterOf(kinds.indexOf(text))),
    texts: new Map(kinds.map((text, index) => [letterOf(index), text])),
  };
}

/** A to Z, then AA, AB and so on. */
function letterOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last;
}
