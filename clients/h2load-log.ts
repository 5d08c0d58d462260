/** What h2load wrote of its requests, by what became of them. `connection`: no response came. */
export interface LogCounts {
  succeeded: number;
  badStatus: number;
  connection: number;
}

export interface LogFigures {
  readonly total: LogCounts;
  /** Of what ended within the window. */
  readonly window: LogCounts;
  /** Successes in each half of the window. */
  readonly halves: readonly [number, number];
  /** Of the responses that ended within the window, in microseconds; null: there was none. */
  readonly times: { readonly meanUs: number; readonly p50Us: number; readonly p99Us: number } | null;
}

interface Line {
  readonly beganUs: number;
  readonly status: number;
  readonly tookUs: number;
}

/** When it began (microseconds since 1970), its status (-1: none) and how long it took (microseconds), after tabs. */
function parseLine(text: string): Line | null {
  const found = /^(\d{16})\t(-1|\d{3})\t(\d{1,12})$/.exec(text);
  if (!found) return null;
  const [beganUs, status, tookUs] = found.slice(1).map(Number) as [number, number, number];
  return { beganUs, status, tookUs };
}

const outcomeOf = (status: number): keyof LogCounts =>
  status < 0 ? 'connection' : status >= 200 && status < 300 ? 'succeeded' : 'badStatus';

/**
 * Reads h2load's log, one line a request; the window is given in microseconds since 1970. Its last line may have been
 * cut short when it was ended. Throws an Error that names any other line which is none.
 */
export async function readH2loadLog(
  lines: AsyncIterable<string> | Iterable<string>,
  startUs: number,
  endUs: number,
): Promise<LogFigures> {
  const noCounts = (): LogCounts => ({ succeeded: 0, badStatus: 0, connection: 0 });
  const [total, window] = [noCounts(), noCounts()];
  const halves: [number, number] = [0, 0];
  const tookUs: number[] = [];
  let number = 0;
  let damaged: number | null = null;
  for await (const text of lines) {
    number += 1;
    if (damaged !== null) throw new Error(`line ${damaged} of h2load's log is none`);
    const line = parseLine(text);
    if (line === null) {
      damaged = number;
      continue;
    }
    const outcome = outcomeOf(line.status);
    total[outcome] += 1;
    const endedUs = line.beganUs + line.tookUs;
    if (endedUs < startUs || endedUs >= endUs) continue;
    window[outcome] += 1;
    if (outcome !== 'connection') tookUs.push(line.tookUs);
    if (outcome === 'succeeded') halves[endedUs < (startUs + endUs) / 2 ? 0 : 1] += 1;
  }
  return { total, window, halves, times: timesOf(tookUs) };
}

function timesOf(tookUs: readonly number[]): LogFigures['times'] {
  if (tookUs.length === 0) return null;
  const sorted = Float64Array.from(tookUs).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const meanUs = Math.round(sorted.reduce((sum, one) => sum + one, 0) / sorted.length);
  return { meanUs, p50Us: at(0.5), p99Us: at(0.99) };
}
