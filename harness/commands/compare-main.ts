import { Command } from '@commander-js/extra-typings';
import { compareRuns, isGateClosed, type RunComparison } from '../analysis/compare-runs.ts';
import { fewestForInterval } from '../analysis/intervals.ts';
import { differenceText, loadDifferences, machineDifferences } from '../analysis/places.ts';
import { UserError } from '../core/errors.ts';
import { subjectOf } from '../core/manifest.ts';
import { cellId } from '../core/record.ts';
import { readRun, type StoredRun } from '../effects/results.ts';
import { shownPath } from '../effects/shown-path.ts';
import { renderComparison } from '../render/comparison.ts';
import { commonExitCodes, printing } from './command-line.ts';
import { directoriesOf } from './find-run.ts';
import { percent } from './option-values.ts';

const exitCodes = { ...commonExitCodes, gateClosed: 1 } as const;

/** The options of harness/compare.ts. */
function compareCommand() {
  return new Command('harness/compare.ts')
    .description(
      'Compares two runs cell by cell: how many times as fast the second is, with a 95 % interval, and which cells ' +
        'became faster or slower by more than chance. Prints Markdown, as for a pull request. Measures nothing.',
    )
    .argument(
      '<run-a>',
      'what is compared with: a run, results/<scenario>/<run>, a scenario, or a git commit',
    )
    .argument('<run-b>', 'what is compared')
    .option('--results <dir>', 'directory of the results', 'results')
    .option(
      '--fail-if-slower <percent>',
      'exit with 1 if a cell lost more than this for sure, such as 5%',
      percent,
    )
    .option('--same-within <percent>', 'call cells the same whose interval lies within this', percent, 0.05)
    .option('--anyway', 'compare runs of different machines or loads, too')
    .option('--json', 'print the comparison as JSON')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(see: npx tsx harness/compare.ts --help)')
    .addHelpText(
      'after',
      `
A scenario stands for its newest run, a commit (or branch, or HEAD~1) for the newest runs measured with it.

Exit code: 0 done; 1 the gate of --fail-if-slower is closed; 2 bad input, or runs that cannot be compared, or a gate
without a single cell to decide by.

Examples:
  npx tsx harness/compare.ts results/single-core/2026-11-25T01-04-21-quick-uring single-core
  npx tsx harness/compare.ts main HEAD --fail-if-slower 5% >> "$GITHUB_STEP_SUMMARY"`,
    );
}

/** The command line of harness/compare.ts; resolves with the exit code and never exits itself. */
export const main = (args: readonly string[]): Promise<number> =>
  printing(async () => {
    const command = compareCommand().exitOverride();
    command.parse([...args], { from: 'user' });
    const [first, second] = command.processedArgs;
    const { results, failIfSlower = null, sameWithin, anyway, json } = command.opts();
    const pairs = pairUp(await runsOf(first, results), await runsOf(second, results), [first, second]);
    for (const pair of pairs) refuseIncomparable(pair, anyway === true);
    const compared = pairs.map(([a, b]) => ({
      comparison: compareRuns(a, b, { margin: sameWithin, failIfSlower }),
      names: [shownPath(a.directory), shownPath(b.directory)] as [string, string],
    }));
    if (json === true) {
      console.log(
        JSON.stringify(
          compared.map((one) => asJson(one, failIfSlower)),
          null,
          2,
        ),
      );
    } else {
      const texts = compared.map((one) => renderComparison({ ...one, margin: sameWithin, failIfSlower }));
      console.log(texts.join('\n\n'));
    }
    if (failIfSlower === null) return exitCodes.ok;
    if (compared.some(({ comparison }) => isGateClosed(comparison))) return exitCodes.gateClosed;
    // An open gate says that something was looked at.
    const blind = compared.find(({ comparison }) => comparison.deciding === 0);
    if (blind === undefined) return exitCodes.ok;
    if (blind.comparison.cells.some(({ change }) => change === 'as-asked')) {
      throw new UserError(
        `the gate has nothing to decide by: the cells of ${blind.names[1]} were at a fixed rate, and served it in both runs`,
        'measure both runs without --rate',
      );
    }
    throw new UserError(
      `the gate has nothing to decide by: no cell of ${blind.names[1]} was measured ${fewestForInterval} times or more in both runs, undisturbed`,
      `measure both runs with --repeats ${fewestForInterval} or more, on a quiet machine`,
    );
  });

async function runsOf(name: string, resultsDir: string): Promise<StoredRun[]> {
  return Promise.all((await directoriesOf(name, resultsDir)).map(readRun));
}

/** Two runs as they are named; of commits those of the same scenario and loads. Throws UserError where none fit. */
function pairUp(
  before: readonly StoredRun[],
  after: readonly StoredRun[],
  names: readonly [string, string],
): [StoredRun, StoredRun][] {
  if (before.length === 1 && after.length === 1) {
    const [[a], [b]] = [before, after] as [[StoredRun], [StoredRun]];
    if (a.manifest.scenario.name !== b.manifest.scenario.name) {
      throw new UserError(
        `${shownPath(a.directory)} is of scenario ${a.manifest.scenario.name}, ${shownPath(b.directory)} of ${b.manifest.scenario.name}`,
        'name two runs of one scenario',
      );
    }
    if (a.directory === b.directory) {
      throw new UserError(`both names stand for ${shownPath(a.directory)}`, 'name two different runs');
    }
    return [[a, b]];
  }
  const pairs = after.flatMap((b): [StoredRun, StoredRun][] => {
    const a = before.find((one) => subjectOf(one.manifest) === subjectOf(b.manifest));
    return a === undefined || a.directory === b.directory ? [] : [[a, b]];
  });
  if (pairs.length > 0) return pairs;
  throw new UserError(
    `no scenario was measured with both ${names[0]} and ${names[1]}`,
    'measure the same scenario with both, or name two runs',
  );
}

/** Throws UserError that names what differs, where that says more of the difference than the servers do. */
function refuseIncomparable([a, b]: readonly [StoredRun, StoredRun], anyway: boolean): void {
  if (anyway) return;
  const machine = machineDifferences(a.manifest.environment, b.manifest.environment);
  const load = loadDifferences(a.manifest, b.manifest);
  const differences = [...machine, ...load];
  if (differences.length === 0) return;
  throw new UserError(
    `the runs were measured ${machine.length > 0 ? 'on different machines' : 'under different loads'}: ${differences.map(differenceText).join('; ')}`,
    `measure both ${machine.length > 0 ? 'on one machine' : 'by the same plan'}, or compare them nevertheless with --anyway`,
  );
}

function asJson(
  { comparison, names }: { comparison: RunComparison; names: [string, string] },
  failIfSlower: number | null,
) {
  const { cells, times, lost, missing, deciding, shift, second } = comparison;
  return {
    scenario: second.manifest.scenario.name,
    first: names[0],
    second: names[1],
    shift,
    gate: failIfSlower === null ? null : { failIfSlower, open: !isGateClosed(comparison), deciding },
    lost,
    missing,
    cells: cells.map(({ cell, ...rest }) => ({ id: cellId(cell), ...cell, ...rest })),
    times: times.map(({ cell, ...rest }) => ({ id: cellId(cell), ...cell, ...rest })),
  };
}
