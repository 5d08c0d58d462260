/**
 * Runs autocannon through its API and prints what the harness reads: `windowStart` and `windowEnd` at the borders of
 * the measured window, then the result, one JSON object a line.
 *
 * usage: node --import tsx clients/autocannon.ts URL CONNECTIONS WARMUP_MS WINDOW_MS
 *
 * Requests are counted from autocannon's response events, so that the warm-up stays out; its own totals, which span
 * both, come along to be held against the server's, and so does what it says of itself (`said`), latencies in ms.
 */
import autocannon from 'autocannon';

const [url, ...numbers] = process.argv.slice(2);
const [connections, warmupMs, windowMs] = numbers.map(Number);
if (url === undefined || !connections || warmupMs === undefined || !windowMs) {
  console.error('usage: clients/autocannon.ts URL CONNECTIONS WARMUP_MS WINDOW_MS');
  process.exit(2);
}

const halves = [0, 0];
const failed: Record<string, number> = {};
let startedAt = Infinity;
let endedAt = Infinity;
let cpuAtStart = process.cpuUsage();
let cpu = { user: 0, system: 0 };

const print = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
const fail = (cause: string): void => {
  if (inWindow()) failed[cause] = (failed[cause] ?? 0) + 1;
};
const inWindow = (): boolean => performance.now() >= startedAt && performance.now() < endedAt;

const instance = autocannon(
  {
    url,
    connections,
    // autocannon ends by its own clock a little after our window, which our timers border.
    duration: Math.ceil((warmupMs + windowMs) / 1000) + 1,
    timeout: 60,
    headers: { connection: 'close' },
  },
  (error, result) => {
    if (error) {
      console.error(String(error));
      process.exit(1);
    }
    const durationMs = endedAt - startedAt;
    const causes = {
      badStatus: result.non2xx,
      connection: result.errors - result.timeouts,
      timeout: result.timeouts,
    };
    print({
      event: 'result',
      windowMs: durationMs,
      window: {
        succeeded: halves[0]! + halves[1]!,
        failed,
        firstHalf: { durationMs: durationMs / 2, succeeded: halves[0] },
        secondHalf: { durationMs: durationMs / 2, succeeded: halves[1] },
      },
      total: {
        succeeded: result['2xx'],
        failed: Object.fromEntries(Object.entries(causes).filter(([, number]) => number > 0)),
      },
      cpu: { userMs: cpu.user / 1000, systemMs: cpu.system / 1000 },
      said: {
        requests: { average: result.requests.average, sent: result.requests.sent },
        latency: { average: result.latency.average, p50: result.latency.p50, p99: result.latency.p99 },
        // Its types do not know it.
        samples: (result as autocannon.Result & { samples: number }).samples,
        errors: result.errors,
        timeouts: result.timeouts,
        non2xx: result.non2xx,
      },
    });
  },
);

instance.on('response', (_client, statusCode) => {
  const now = performance.now();
  if (now < startedAt || now >= endedAt) return;
  if (statusCode < 200 || statusCode >= 300) return fail('badStatus');
  halves[now < startedAt + windowMs / 2 ? 0 : 1]! += 1;
});
instance.on('reqError', () => fail('connection'));

setTimeout(() => {
  startedAt = performance.now();
  cpuAtStart = process.cpuUsage();
  print({ event: 'windowStart' });
  setTimeout(() => {
    endedAt = performance.now();
    cpu = process.cpuUsage(cpuAtStart);
    print({ event: 'windowEnd' });
    instance.stop();
  }, windowMs);
}, warmupMs);
