/**
 * How reports scale: makes runs of up to 100,000 records out of real ones, renders each in a process of its own, and says
 * whether time and memory stay within their targets and grow in proportion to the records. Exit code 1: they do not.
 */
import { execa } from 'execa';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { findRuns, readRun, type StoredRun } from '../harness/effects/results.ts';
import { forEachLine, wholeFile } from '../harness/effects/lines.ts';
import { enlargedManifest, enlargedRecords } from './bench-report/enlarge.ts';

/** Of so many records the cost is that of starting, of charts and of pages: it does not grow. */
const fewRecords = 250;
const sizes = [25_000, 50_000, 100_000];
const targetSeconds = 5;
const targetMegabytes = 500;
/** A record of the largest run may cost this many times what one of the smallest does: clocks and caches waver. */
const proportionalWithin = 1.25;
const limitMs = 30 * 60_000;

interface Cost {
  readonly records: number;
  readonly seconds: number;
  /** Largest resident set of the process. */
  readonly megabytes: number;
  /** CPU time of reading and parsing alone. */
  readonly parsingSeconds: number;
}

/** Writes the run below `resultsDir`, where `report.ts` finds it; resolves with the path of its journal. */
async function writeRun(resultsDir: string, model: StoredRun, records: number): Promise<string> {
  const directory = join(resultsDir, model.manifest.scenario.name, model.manifest.runId);
  await mkdir(directory, { recursive: true });
  const manifest = enlargedManifest(model, records);
  await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest, null, 2));
  const path = join(directory, 'records.ndjson');
  const journal = createWriteStream(path);
  for (const record of enlargedRecords(model, records)) {
    if (!journal.write(`${JSON.stringify(record)}\n`)) await once(journal, 'drain');
  }
  journal.end();
  await finished(journal);
  return path;
}

/** Seconds that it takes to read a journal and parse its lines, in one thread: no report of these records costs less CPU time. */
async function parsingSeconds(journal: string): Promise<number> {
  const begun = process.cpuUsage();
  await forEachLine(journal, wholeFile, (text) => void JSON.parse(text));
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6;
}

/** What one rendering costs, as the kernel counted it: start of the process included. */
async function costOf(root: string, model: StoredRun, records: number): Promise<Cost> {
  const resultsDir = join(root, String(records), 'results');
  const reportsDir = join(root, String(records), 'reports');
  const journal = await writeRun(resultsDir, model, records);
  const report = resolve('harness/report.ts');
  const where = ['--results', resultsDir, '--reports', reportsDir];
  const watched = ['-f', '%e %M', process.execPath, '--import', 'tsx', report, ...where];
  const { stderr } = await execa('/usr/bin/time', watched, { timeout: limitMs });
  const [seconds, kibibytes] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
  const parsing = await parsingSeconds(journal);
  await rm(join(root, String(records)), { recursive: true });
  return { records, seconds: seconds!, megabytes: (kibibytes! * 1024) / 1e6, parsingSeconds: parsing };
}

function lineOf({ records, seconds, megabytes, parsingSeconds: parsing }: Cost): string {
  const figures = [
    records,
    seconds.toFixed(1),
    (records / seconds).toFixed(0),
    megabytes.toFixed(0),
    parsing.toFixed(1),
  ];
  return figures.map((figure) => String(figure).padStart(12)).join('');
}

/** Seconds that a record more costs, what does not grow with the records left out. */
const secondsARecord = ({ records, seconds }: Cost, fixed: Cost): number =>
  (seconds - fixed.seconds) / (records - fixed.records);

/** What was found about growth, as a sentence. */
function growthText(costs: readonly Cost[], fixed: Cost): string {
  const each = costs.map((cost) => `${(1e6 * secondsARecord(cost, fixed)).toFixed(0)} µs (${cost.records})`);
  return `Beside the ${fixed.seconds.toFixed(1)} s of a run of ${fixed.records}, a record costs ${each.join(', ')}.`;
}

/** What is wrong with the costs, one sentence each; they are by rising number of records. */
function shortcomings(costs: readonly Cost[], fixed: Cost): string[] {
  const [smallest, largest] = [costs[0]!, costs.at(-1)!];
  const growth = secondsARecord(largest, fixed) / secondsARecord(smallest, fixed);
  return [
    largest.seconds > targetSeconds
      ? `${largest.records} records take ${largest.seconds.toFixed(1)} s, not under ${targetSeconds} s`
      : [],
    largest.megabytes > targetMegabytes
      ? `${largest.records} records take ${largest.megabytes.toFixed(0)} MB, not under ${targetMegabytes} MB`
      : [],
    growth > proportionalWithin
      ? `a record of ${largest.records} costs ${growth.toFixed(2)} times the time of one of ${smallest.records}`
      : [],
  ].flat();
}

const newest = (await findRuns('results')).findLast((directory) => directory.includes('/single-core/'));
if (newest === undefined) throw new Error('results/ holds no run of single-core to make records from');
const model = await readRun(newest);
const root = await mkdtemp(join(tmpdir(), 'forkbench-bench-report-'));
try {
  console.log(
    ['records', 'seconds', 'records/s', 'peak MB', 'parsing s'].map((name) => name.padStart(12)).join(''),
  );
  const fixed = await costOf(root, model, fewRecords);
  console.log(lineOf(fixed));
  const costs: Cost[] = [];
  for (const size of sizes) {
    const cost = await costOf(root, model, size);
    costs.push(cost);
    console.log(lineOf(cost));
  }
  console.log(growthText(costs, fixed));
  const wrong = shortcomings(costs, fixed);
  console.log(wrong.length === 0 ? 'Targets are met, and cost is proportional.' : wrong.join('\n'));
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  await rm(root, { recursive: true, force: true });
}
