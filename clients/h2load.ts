/**
 * Runs h2load with HTTP/1.1 for a warm-up and a window, and prints what the harness reads: `windowStart`, `windowEnd`,
 * then the result, one JSON object a line.
 *
 * usage: node --import tsx clients/h2load.ts TIMED_RUN H2LOAD LOG_FILE URL CONNECTIONS WARMUP_MS WINDOW_MS
 *
 * h2load's own way to measure for a time, -D, never comes to its end where the server closes each connection: its
 * clients connect again and again (1.52). So it gets more requests than it can make, timed-run ends it when the window
 * is over, and what it did stands in its log, one line a request. The log is not kept, since it has tens of thousands of
 * lines a second; what it comes to is.
 */
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { readH2loadLog, type LogFigures } from './h2load-log.ts';

const [timedRun, h2load, logFile, url, ...numbers] = process.argv.slice(2);
const [connections, warmupMs, windowMs] = numbers.map(Number);
if (!timedRun || !h2load || !logFile || !url || !connections || warmupMs === undefined || !windowMs) {
  console.error('usage: clients/h2load.ts TIMED_RUN H2LOAD LOG_FILE URL CONNECTIONS WARMUP_MS WINDOW_MS');
  process.exit(2);
}

const moreThanItCanMake = 2_000_000_000;
await rm(logFile, { force: true });
const running = execa(
  timedRun,
  [
    ...['--warmup-ms', String(warmupMs), '--window-ms', String(windowMs), '--', h2load],
    ...['--h1', '--threads', '1', '--header', 'Connection: close'],
    ...['--requests', String(moreThanItCanMake), '--clients', String(connections)],
    ...['--log-file', logFile, url],
  ],
  { reject: false, buffer: false, stdin: 'ignore', stderr: 'inherit' },
);
process.once('SIGTERM', () => running.kill('SIGTERM'));

const borders = new Map<string, number>();
let end: { stopped: boolean; socketsAtEnd: number; cpu: object } | undefined;
for await (const line of running.iterable()) {
  console.log(line);
  if (line.startsWith('{"event":"window')) {
    const { event, unixUs } = JSON.parse(line) as { event: string; unixUs: number };
    borders.set(event, unixUs);
  }
  if (line.startsWith('{"event":"programEnded"')) end = JSON.parse(line) as NonNullable<typeof end>;
}
await running;
const [startUs, endUs] = [borders.get('windowStart'), borders.get('windowEnd')];
if (!end?.stopped || startUs === undefined || endUs === undefined) {
  console.error('h2load ended before its window did: all of its clients have failed, or it could not start');
  process.exit(1);
}

const { total, window, halves, times } = await readLog(startUs, endUs);
await rm(logFile, { force: true });

// A client whose connection fails is given up without a word, so whoever is missing has failed once.
const lost = Math.max(0, connections - end.socketsAtEnd);
total.connection += lost;
window.connection += lost;

const durationMs = (endUs - startUs) / 1000;
const [firstHalf, secondHalf] = halves.map((succeeded) => ({ durationMs: durationMs / 2, succeeded }));
console.log(
  JSON.stringify({
    event: 'result',
    window: { durationMs, ...window, firstHalf, secondHalf },
    total,
    cpu: end.cpu,
    logged: times,
  }),
);

async function readLog(fromUs: number, toUs: number): Promise<LogFigures> {
  try {
    return await readH2loadLog(createInterface({ input: createReadStream(logFile!) }), fromUs, toUs);
  } catch (error) {
    console.error(String(error));
    process.exit(1);
  }
}
