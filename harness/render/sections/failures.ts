import type { PageAnalysis } from '../../analysis/page.ts';
import type { Links } from '../links.ts';
import { plural } from '../format.ts';
import { blocks, code, escapeText, table } from '../markdown.ts';

/** A page stays short; the rest stands in repeats.csv. */
const mostRows = 20;

/** Each repeat that failed: which, at what stage, with what message. */
export function failuresSection({ run, grid }: PageAnalysis, links: Links): string {
  const failed = run.records
    .filter((record) => record.status === 'failed' && record.cell.load === grid.load)
    .sort((a, b) => a.position - b.position || (a.repeatId < b.repeatId ? -1 : 1));
  if (failed.length === 0) return blocks(['## Failures', 'No repeat failed.']);
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
  ]);
}
