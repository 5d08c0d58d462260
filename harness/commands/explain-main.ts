import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { buildGrid, type CellAnalysis } from '../analysis/cells.ts';
import { recordedLoads } from '../analysis/digest.ts';
import { messageOf, UserError } from '../core/errors.ts';
import { cellId } from '../core/record.ts';
import { parseSamples, type Samples } from '../core/sampler-output.ts';
import { readRaw } from '../effects/raw-output.ts';
import { readRun, type StoredRun } from '../effects/results.ts';
import { explanation, type RepeatTrace } from '../render/explanation.ts';
import { commonExitCodes, printing } from './command-line.ts';
import { directoryOf } from './find-run.ts';
import { shownPath } from '../effects/shown-path.ts';

/** The options of harness/explain.ts. */
function explainCommand() {
  return new Command('harness/explain.ts')
    .description(
      'Tells all that is known of one cell: what limited it and by what evidence, repeat by repeat.',
    )
    .argument('<run>', 'directory of a run, results/<scenario>/<run>, or a scenario, for its newest run')
    .argument(
      '[cell]',
      'as variant/load/cCONCURRENCY, such as blocking-serial/uring/c50; without it: all cells',
    )
    .option('--results <dir>', 'directory of the results', 'results')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(see: npx tsx harness/explain.ts --help)')
    .addHelpText(
      'after',
      `
Exit code: 0 done; 2 bad input.

Examples:
  npx tsx harness/explain.ts single-core
  npx tsx harness/explain.ts single-core blocking-serial/uring/c50`,
    );
}

/** The command line of harness/explain.ts; resolves with the exit code and never exits itself. */
export const main = (args: readonly string[]): Promise<number> =>
  printing(async () => {
    const command = explainCommand().exitOverride();
    command.parse([...args], { from: 'user' });
    const [runName, cellName] = command.processedArgs;
    const run = await readRun(await directoryOf(runName, command.opts().results));
    const cells = recordedLoads(run, 'timed').flatMap((load) => [...buildGrid(run, load).cells]);
    if (cellName === undefined) {
      for (const line of listing(cells)) console.log(line);
    } else {
      const cell = cellNamed(cells, cellName, runName);
      const traces = await Promise.all(cell.repeats.map(({ record }) => traceOf(run, record.raw)));
      const place = shownPath(run.directory);
      for (const line of explanation(run, cell, traces, place)) console.log(line);
    }
    return commonExitCodes.ok;
  });

function listing(cells: readonly CellAnalysis[]): string[] {
  const names = cells.map(({ cell }) => cellId(cell));
  const width = Math.max(0, ...names.map((name) => name.length));
  return cells.map(({ verdict }, at) => {
    const also = verdict.secondary.length > 0 ? ` (also ${verdict.secondary.join(', ')})` : '';
    return `${names[at]!.padEnd(width)}  ${verdict.primary}${also}`;
  });
}

function cellNamed(cells: readonly CellAnalysis[], name: string, runName: string): CellAnalysis {
  const found = cells.find(({ cell }) => cellId(cell) === name);
  if (found) return found;
  const similar = cells.map(({ cell }) => cellId(cell)).filter((id) => id.startsWith(name.split('/')[0]!));
  throw new UserError(
    `the run has no cell "${name}"`,
    similar.length > 0
      ? `choose from ${similar.join(', ')}`
      : `npx tsx harness/explain.ts ${runName} lists its cells`,
  );
}

/** What the raw output holds of a repeat over time. Raw output that is gone costs the curves, not the explanation. */
async function traceOf(run: StoredRun, raw: string | undefined): Promise<RepeatTrace> {
  if (raw === undefined) return { samples: null, names: [], problem: 'no raw output was kept' };
  try {
    const texts = await readRaw(join(run.directory, raw));
    return { samples: samplesIn(texts), names: Object.keys(texts), problem: null };
  } catch (error) {
    return { samples: null, names: [], problem: messageOf(error) };
  }
}

function samplesIn(texts: Record<string, string>): Samples | null {
  const text = texts['tom/accept-queue.json'];
  return text === undefined ? null : parseSamples(text);
}
