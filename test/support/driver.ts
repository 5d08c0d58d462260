import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { containmentKinds } from '../../harness/core/manifest.ts';
import { makeWorkplace, type Workplace } from './harness.ts';

export type Containment = (typeof containmentKinds)[number];

/** Starts session-driver.ts in a workplace, with a command or without. */
export function startDriver(workplace: Workplace, containment: Containment, command: readonly string[]) {
  const script = fileURLToPath(new URL('./session-driver.ts', import.meta.url));
  return execa(process.execPath, ['--import', 'tsx', script, workplace.out, ...command], {
    reject: false,
    env: { FORKBENCH_SESSIONS: workplace.sessions, FORKBENCH_CONTAINMENT: containment },
  });
}

/** The containments that this machine has. */
export async function usableContainments(): Promise<Containment[]> {
  const usable: Containment[] = [];
  for (const containment of containmentKinds) {
    const workplace = makeWorkplace();
    const { exitCode } = await startDriver(workplace, containment, []);
    if (exitCode === 0) usable.push(containment);
    workplace.remove();
  }
  return usable;
}
