import { failedRepeats } from '../../analysis/digest.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import type { Links } from '../links.ts';
import type { RunFrame } from '../../core/journal.ts';
import type { Attempt } from '../../core/manifest.ts';
import { formatInstant, listOf, plural } from '../format.ts';
import { blocks, code, escapeText, table } from '../markdown.ts';

/** A page stays short; the rest stands in repeats.csv. */
const mostRows = 20;

/** Each repeat that failed: which, at what stage, with what message. */
export function failuresSection({ run, grid }: PageAnalysis, links: Links): string {
  const failed = failedRepeats(run, grid.load);
  const attempts = attemptsText(run, grid.load);
  if (failed.length === 0) return blocks(['## Failures', 'No repeat failed.', attempts]);
  const rows = failed
    .slice(0, mostRows)
    .map((record) => [
      code(record.repeatId),
      record.failure?.stage ?? '',
      escapeText(record.failure?.message ?? 'no message was kept'),
    ]);
  const more = failed.length - rows.length;
  return blocks([
    '## Failures',
    table(['repeat', 'stage', 'message'], rows, ['l', 'l', 'l']),
    more > 0 ? `${plural(more, 'further repeat')} in [repeats.csv](${links.run}/repeats.csv).` : null,
    attempts,
  ]);
}

/** Attempts that do not count, and when the run was gone on with; null where all went through at once. */
function attemptsText({ manifest }: RunFrame, load: string): string | null {
  const { attempts, repeats, resumed } = manifest;
  const ofLoad = new Set(repeats.filter(({ cell }) => cell.load === load).map(({ repeatId }) => repeatId));
  const count = (outcome: Attempt['outcome']): number =>
    attempts.filter((attempt) => attempt.outcome === outcome && ofLoad.has(attempt.repeatId)).length;
  const lines = [
    count('superseded') > 0
      ? `${plural(count('superseded'), 'attempt')} had too short a window for a listen queue that overflowed, and another one counts.`
      : null,
    count('discarded') > 0
      ? `${plural(count('discarded'), 'attempt')} left no record, since the run ended in their midst.`
      : null,
    resumed.length > 0
      ? `The run ended early, and was gone on with at ${listOf(resumed.map(({ at }) => formatInstant(at)))}.`
      : null,
  ].filter((line) => line !== null);
  return lines.length === 0 ? null : lines.join(' ');
}
