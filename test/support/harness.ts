import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { recordSchema, type RepeatRecord } from '../../harness/core/record.ts';

/** A directory for one test's results, and a place of its own for its sessions; both go when the test ends. */
export interface Workplace {
  readonly out: string;
  readonly sessions: string;
  remove(): void;
}

export function makeWorkplace(): Workplace {
  const out = mkdtempSync(join(tmpdir(), 'forkbench-test-'));
  return {
    out,
    sessions: join(out, 'sessions'),
    remove: () => rmSync(out, { recursive: true, force: true }),
  };
}

const harness = ['--import', 'tsx', 'harness/run.ts'];

/** Starts harness/run.ts; its results go to the workplace. Never rejects for an exit code. */
export function startHarness(workplace: Workplace, args: readonly string[], options: Options = {}) {
  return execa(process.execPath, [...harness, ...args, '--out', workplace.out], {
    reject: false,
    timeout: 100_000,
    ...options,
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...options.env, FORKBENCH_SESSIONS: workplace.sessions },
  });
}

/** The records of the only run in the workplace, each checked against the schema. */
export function readRecords(workplace: Workplace): RepeatRecord[] {
  const text = readFileSync(join(runDirectory(workplace), 'records.ndjson'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => recordSchema.parse(JSON.parse(line)));
}

/** The directory of the only run in the workplace. */
export function runDirectory(workplace: Workplace): string {
  const [scenario, ...others] = readdirSync(join(workplace.out, 'results'));
  const [run, ...more] = readdirSync(join(workplace.out, 'results', scenario!));
  if (run === undefined || others.length + more.length > 0) throw new Error('expected exactly one run');
  return join(workplace.out, 'results', scenario!, run);
}

/** Every process that descends from a harness started in this workplace, found by its environment. */
export function processesOf(workplace: Workplace): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
        return environment.includes(`FORKBENCH_SESSIONS=${workplace.sessions}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** The command line of a process, its arguments separated by zero bytes; empty when it has ended. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** Network namespaces that sessions of this workplace made, by the session ids that it has seen. */
export function namespacesOf(sessionIds: readonly string[]): string[] {
  try {
    return readdirSync('/run/netns').filter((name) => sessionIds.some((id) => name.startsWith(`fb-${id}-`)));
  } catch {
    return [];
  }
}

/** Ids of the sessions that are noted in the workplace now. */
export function sessionIds(workplace: Workplace): string[] {
  try {
    return readdirSync(workplace.sessions).map((name) => name.replace('.json', ''));
  } catch {
    return [];
  }
}

/** Polls until `condition` gives something; throws with `what` when the limit is over. */
export async function eventually<T>(
  what: string,
  condition: () => T | undefined | false,
  limitMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
