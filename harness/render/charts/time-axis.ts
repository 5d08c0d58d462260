/** Labels in the unit that suits them; the axis is in milliseconds. */
const timeLabel =
  "datum.value < 1 ? format(datum.value * 1000, '~g') + ' µs' : datum.value < 1000 ? format(datum.value, '~g') + ' ms' : format(datum.value / 1000, '~g') + ' s'";

/** Microseconds on an axis of milliseconds; nothing is shorter than one microsecond there. */
export const onTimeAxis = (us: number): number => Math.max(1, us) / 1000;

/** A logarithmic axis of response times with whole decades, for these values in milliseconds. */
export function timeAxis(valuesMs: readonly number[]) {
  const lowest = decadeBelow(Math.min(...valuesMs));
  const highest = decadeAbove(Math.max(...valuesMs));
  return {
    title: 'response time (log scale)',
    scale: { type: 'log' as const, domain: [lowest, highest] as const },
    label: timeLabel,
    ticks: decades(lowest, highest),
  };
}

const decadeBelow = (value: number): number => 10 ** Math.floor(Math.log10(value));

function decadeAbove(value: number): number {
  return 10 ** Math.ceil(Math.log10(value) + 1e-9);
}

/** Powers of ten as they are written: 10 ** -3 computed step by step would not be 0.001. */
function decades(lowest: number, highest: number): number[] {
  const first = Math.round(Math.log10(lowest));
  const last = Math.round(Math.log10(highest));
  return Array.from({ length: last - first + 1 }, (_, index) => Number(`1e${first + index}`));
}
