import type { PlannedRepeat } from '../core/manifest.ts';
import { formatDuration } from '../core/units.ts';
import { listOf } from './format.ts';

/** How long timed repeats are measured: `2 s and 8 s`. Figures of other windows are other figures. */
export function windowsText(repeats: readonly PlannedRepeat[]): string {
  const windows = repeats.filter(({ pass }) => pass === 'timed').map(({ windowMs }) => windowMs);
  return listOf([...new Set(windows)].sort((a, b) => a - b).map(formatDuration));
}
