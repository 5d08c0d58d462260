import { UserError } from '../core/errors.ts';
import type { Manifest } from '../core/manifest.ts';
import type { RepeatRecord } from '../core/record.ts';
import type { PlanEvents } from '../engine/run-plan.ts';
import { progressLines } from './progress.ts';
import { shownPath } from '../effects/shown-path.ts';

export const progressKinds = ['auto', 'live', 'plain'] as const;
export type ProgressKind = (typeof progressKinds)[number];

/** What shows a run while it goes on. */
export interface Progress extends PlanEvents {
  close(): void;
}

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Below this, lines say more than what is left of a table. Some terminals say that they are of no size at all. */
const leastColumns = 40;
const leastRows = 10;

/** Whether the table is drawn. Throws UserError where somebody insists on it and it can't be. */
export function isLive(kind: ProgressKind, output: Output, env: NodeJS.ProcessEnv): boolean {
  if (kind === 'plain') return false;
  const problem = whyNotLive(output, env);
  if (problem !== null && kind === 'live') {
    throw new UserError(`--progress live: ${problem}`, 'leave it out, or use --progress plain');
  }
  // Whoever insists may have the table in a log of CI too.
  const inCi = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false';
  return problem === null && (kind === 'live' || !inCi);
}

function whyNotLive({ isTTY, columns = 0, rows = 0 }: Output, env: NodeJS.ProcessEnv): string | null {
  if (isTTY !== true) return 'progress does not go to a terminal';
  if (env['TERM'] === 'dumb') return 'this terminal cannot move its cursor (TERM=dumb)';
  if (columns < leastColumns || rows < leastRows) {
    return `this terminal has ${columns}x${rows} characters, the table needs ${leastColumns}x${leastRows}`;
  }
  return null;
}

export async function openProgress(
  live: boolean,
  output: NodeJS.WriteStream,
  manifest: Manifest,
  directory: string,
  say: (line: string) => void,
  earlier: readonly RepeatRecord[],
): Promise<Progress> {
  if (!live) return { ...progressLines(manifest, say, earlier), close: () => undefined };
  const { liveScreen } = await import('./live-screen.ts');
  return liveScreen(output, manifest, shownPath(directory), earlier);
}
