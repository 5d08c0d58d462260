import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
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

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Starts harness/run.ts of a clone; its results go to the workplace. Never rejects for an exit code. */
export function startHarness(
  workplace: Workplace,
  args: readonly string[],
  options: Options = {},
  clone = process.cwd(),
) {
  const harness = ['--import', tsx, join(clone, 'harness', 'run.ts')];
  return execa(process.execPath, [...harness, ...args, '--out', workplace.out], {
    reject: false,
    timeout: 100_000,
    ...options,
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...options.env, FORKBENCH_SESSIONS: workplace.sessions },
  });
}

/** Starts another command line of the harness, such as harness/verify.ts. Never rejects for an exit code. */
export const startCommand = (
  name: 'verify' | 'merge' | 'report' | 'compare' | 'explain',
  args: readonly string[],
) =>
  execa(process.execPath, ['--import', tsx, join(process.cwd(), 'harness', `${name}.ts`), ...args], {
    reject: false,
    timeout: 60_000,
  });

/** The records about the servers of the only run in the workplace: what its load can do stands apart. */
export const readRecords = (workplace: Workplace): RepeatRecord[] =>
  readAllRecords(workplace).filter(({ pass }) => pass !== 'ceiling');

/** All records of the only run in the workplace, each checked against the schema. */
export function readAllRecords(workplace: Workplace): RepeatRecord[] {
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

/** Every process that descends from a harness started in this workplace, found by its environment; guards too. */
export const processesOf = (workplace: Workplace): number[] =>
  processesWith(`FORKBENCH_SESSIONS=${workplace.sessions}`);

/** Every process that was started with this variable, such as `A=b`. */
export function processesWith(variable: string): number[] {
  return allProcesses().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(variable);
    } catch {
      return false;
    }
  });
}

export const allProcesses = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** The command line of a process, its arguments separated by zero bytes; empty when it has ended. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** The namespaces of processes that are not the test's own, such as `net:[4026532281]`. */
export function namespacesOf(pids: readonly number[]): string[] {
  const ours = new Set(namespacesOfProcess('self'));
  return [...new Set(pids.flatMap(namespacesOfProcess))].filter((name) => !ours.has(name)).sort();
}

/** Those of the namespaces that one of the processes is still in. */
export function stillHeld(namespaces: readonly string[], pids: readonly number[]): string[] {
  const held = new Set(pids.flatMap(namespacesOfProcess));
  return namespaces.filter((name) => held.has(name));
}

/** Empty for one that has ended, even if its parent has not heard of it yet. */
function namespacesOfProcess(pid: number | 'self'): string[] {
  try {
    if (/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))) return [];
    return ['net', 'pid', 'user', 'mnt'].map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
  } catch {
    return [];
  }
}

/** Ids of the sessions that are noted in the workplace now. */
export function sessionIds(workplace: Workplace): string[] {
  try {
    return readdirSync(workplace.sessions)
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.replace('.json', ''));
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

/** What a file says that may not be there yet. */
export function orFalse(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return false;
  }
}
