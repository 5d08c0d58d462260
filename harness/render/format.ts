/*
 * Numbers as a report prints them. Nothing here asks for a locale: the same number gives the same text everywhere.
 */

/** What stands where nothing was measured. */
export const noData = '–';

function withThousands(digits: string): string {
  const [whole, fraction] = digits.split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function fixed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  const negative = value < 0 && Number(text) !== 0;
  return (negative ? '−' : '') + withThousands(text);
}

/** A count or a rate: three digits where it is small, whole where it is not. */
export function formatCount(value: number): string {
  if (Number.isInteger(value)) return fixed(value, 0);
  const size = Math.abs(value);
  return fixed(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

/** The same to the nearest whole number: `17,444`. */
export const formatWhole = (value: number): string => formatCount(Math.round(value));

/** A ratio: `0.81`, `1.32`, `12.4`, `140`. */
export function formatRatio(value: number): string {
  const size = Math.abs(value);
  return fixed(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

/** Takes a share from 0 to 1: `71 %`. */
export function formatShare(share: number): string {
  return formatPercent(share * 100);
}

/** Takes a percentage: `71 %`, `0.4 %`. */
export function formatPercent(percent: number): string {
  const small = Math.abs(percent) > 0 && Math.abs(percent) < 0.95;
  return `${fixed(percent, small ? 1 : 0)} %`;
}

/** A time given in microseconds, in the unit that suits it: `640 µs`, `12.3 ms`, `1.02 s`. */
export function formatTime(us: number): string {
  if (us < 999.5) return `${fixed(us, us < 9.995 && us > 0 ? 1 : 0)} µs`;
  if (us < 999_500) return `${threeDigits(us / 1000)} ms`;
  return `${threeDigits(us / 1_000_000)} s`;
}

/** Takes bits per second, and chooses the unit: `640 kbit/s`, `12.3 Mbit/s`, `10.5 Gbit/s`. */
export function formatBitRate(bitsPerSecond: number): string {
  if (bitsPerSecond < 999_500) return `${threeDigits(bitsPerSecond / 1000)} kbit/s`;
  if (bitsPerSecond < 999_500_000) return `${threeDigits(bitsPerSecond / 1_000_000)} Mbit/s`;
  return `${threeDigits(bitsPerSecond / 1_000_000_000)} Gbit/s`;
}

function threeDigits(value: number): string {
  return fixed(value, value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}

/** `1 cell`, `3 cells`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listOf(items: readonly string[]): string {
  if (items.length <= 1) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** Concurrencies of a grid, neighbours drawn together: `1–5`, `10–500 and 2000`. */
export function formatConcurrencies(concurrencies: readonly number[], grid: readonly number[]): string {
  const wanted = new Set(concurrencies);
  const runs: number[][] = [];
  let open = false;
  for (const concurrency of grid) {
    if (!wanted.has(concurrency)) {
      open = false;
    } else if (open) {
      runs.at(-1)!.push(concurrency);
    } else {
      runs.push([concurrency]);
      open = true;
    }
  }
  return listOf(runs.map((run) => (run.length === 1 ? `${run[0]}` : `${run[0]}–${run.at(-1)}`)));
}

/** An instant as `2026-11-23 21:05 UTC`. */
export function formatInstant(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
