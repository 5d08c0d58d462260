/**
 * Runs h2load with HTTP/1.1 for a warm-up and a window, and prints what the harness reads: `windowStart`, `windowEnd`,
 * then the result, one JSON object a line.
 *
 * usage: node --import tsx clients/h2load.ts TIMED_RUN H2LOAD LOG_FILE URL CONNECTIONS WARMUP_MS WINDOW_MS
 *
 * h2load's own way to measure for a time, -D, never comes to its end where the server closes each connection: its
 * clients connect again and again (1.52). So it gets more requests than it can make, timed-run ends it when the window
 * is over, and what it did stands in its log: for each request when it began (microseconds since 1970), its status
 * (-1: none) and how long it took (microseconds).
 */
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { execa } from 'execa';

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

const noCounts = () => ({ succeeded: 0, badStatus: 0, connection: 0 });
const total = noCounts();
const window = noCounts();
const middleUs = (startUs + endUs) / 2;
const halves = [0, 0];
// Of all responses that ended within the window.
const times: number[] = [];
for await (const line of createInterface({ input: createReadStream(logFile) })) {
  const [beganUs, status, tookUs, ...rest] = line.split('\t').map(Number);
  // The last line may have been cut short when it was ended.
  if (!beganUs || status === undefined || tookUs === undefined || Number.isNaN(tookUs) || rest.length > 0)
    continue;
  const outcome = status < 0 ? 'connection' : status >= 200 && status < 300 ? 'succeeded' : 'badStatus';
  total[outcome] += 1;
  const endedUs = beganUs + tookUs;
  if (endedUs < startUs || endedUs >= endUs) continue;
  window[outcome] += 1;
  if (outcome !== 'connection') times.push(tookUs);
  if (outcome === 'succeeded') halves[endedUs < middleUs ? 0 : 1]! += 1;
}
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
    logged: loggedTimes(),
  }),
);

/** In microseconds; null where there was no response. */
function loggedTimes() {
  if (times.length === 0) return null;
  const sorted = Float64Array.from(times).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const meanUs = Math.round(sorted.reduce((total, one) => total + one, 0) / sorted.length);
  return { meanUs, p50Us: at(0.5), p99Us: at(0.99) };
}
