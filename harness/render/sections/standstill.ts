import { isDeadlocked } from '../../analysis/deadlock.ts';
import type { RepeatAnalysis } from '../../analysis/repeat.ts';
import type { Sweep, SweepCell } from '../../analysis/sweep.ts';
import { present } from '../../analysis/statistics.ts';
import { formatCount, formatWhole, listOf, noData, plural } from '../format.ts';
import { intervalCell } from '../interval-text.ts';
import { blocks, code, details, escapeText, table } from '../markdown.ts';

/** Who is left when the load opens nothing new, and which processes wait for each other then; null where nobody looked. */
export function standstillSection(sweep: Sweep): string | null {
  const looked = sweep.cells.filter(({ cell }) => standstills(cell.repeats).length > 0);
  if (looked.length === 0) return null;
  const stuck = looked.flatMap((one) => {
    const repeat = one.cell.repeats.find((candidate) => isDeadlocked(candidate) === true);
    return repeat === undefined ? [] : [stacksText(one, repeat)];
  });
  return blocks([
    '## Who waits for whom',
    stuck.length === 0
      ? 'In no repeat did parent and worker wait for each other.'
      : `Parent and worker wait for each other under ${plural(stuck.length, 'condition')}. The kernel's own stacks, innermost function first, of the first such repeat of each:`,
    ...stuck,
    details(
      'Every condition: repeats that deadlock, and connections left waiting',
      blocks([
        'Looked at after the load has opened its last connection. Left waiting is who is in the accept queue in every one of several looks: the least and the most of the blocks.',
        table(['', 'connections', 'requests/s', 'deadlocked', 'left waiting'], looked.map(rowOf), [
          'l',
          'r',
          'r',
          'r',
          'r',
        ]),
      ]),
    ),
  ]);
}

const standstills = (repeats: readonly RepeatAnalysis[]) =>
  present(repeats.map(({ standstill }) => standstill));

function rowOf({ condition, cell }: SweepCell): string[] {
  const known = present(cell.repeats.map((repeat) => isDeadlocked(repeat)));
  const waiting = standstills(cell.repeats).map((standstill) => standstill.waiting);
  const [least, most] = [Math.min(...waiting), Math.max(...waiting)];
  return [
    escapeText(condition.label),
    formatCount(cell.concurrency),
    intervalCell(cell.interval, formatWhole),
    known.length === 0 ? noData : `${known.filter(Boolean).length} of ${known.length}`,
    least === most ? formatCount(least) : `${formatCount(least)}–${formatCount(most)}`,
  ];
}

function stacksText({ condition }: SweepCell, { standstill }: RepeatAnalysis): string {
  const { processes, waiting } = standstill!;
  const asleep = processes.map(({ role, syscall }) => `the ${role} sleeps in ${code(syscall ?? 'no call')}`);
  return blocks([
    `**${escapeText(condition.label)}**: ${listOf(asleep)}, ${plural(waiting, 'connection')} in the accept queue.`,
    processes
      .map(({ role, pid, stack }) => `- ${role} ${pid}: ${stack.map((name) => code(name)).join(' ← ')}`)
      .join('\n'),
  ]);
}
