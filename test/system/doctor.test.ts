import { afterEach, beforeEach, expect, it } from 'vitest';
import { execa } from 'execa';
import { makeWorkplace, processesOf, type Workplace } from '../support/harness.ts';

let workplace: Workplace;
beforeEach(() => void (workplace = makeWorkplace()));
afterEach(() => workplace.remove());

const doctor = (args: readonly string[], environment: Record<string, string> = {}) =>
  execa(process.execPath, ['--import', 'tsx', 'harness/doctor.ts', ...args], {
    reject: false,
    timeout: 60_000,
    env: { FORKBENCH_SESSIONS: workplace.sessions, ...environment },
  });

interface Report {
  readonly findings: readonly { part: string; name: string; problem: string | null; remedy: string | null }[];
  readonly trial: { readonly repeats: readonly number[]; readonly failure: string | null };
  readonly verdict: { readonly scenarios: readonly { scenario: string }[] };
}

it('measures a little, judges every part, and leaves nothing behind', async () => {
  const result = await doctor(['--json']);
  expect(result.exitCode).toBe(0);
  const report = JSON.parse(result.stdout) as Report;
  expect(report.trial.failure).toBeNull();
  expect(report.trial.repeats).toHaveLength(5);
  for (const rate of report.trial.repeats) expect(rate).toBeGreaterThan(0);
  expect(new Set(report.findings.map(({ part }) => part))).toEqual(
    new Set(['hosts', 'loads', 'probes', 'servers', 'containment', 'limits']),
  );
  expect(report.verdict.scenarios.map(({ scenario }) => scenario)).toEqual(['single-core', 'dual-core']);
  expect(processesOf(workplace)).toEqual([]);
});

it('names what is missing with the command that brings it', async () => {
  // Programs are looked up on PATH and in the system's sbin directories: wrk is in neither then.
  const result = await doctor([], { PATH: '/usr/sbin:/sbin:/bin' });
  expect(result.stdout).toMatch(/without webbench: webbench is not installed; to have it: /);
  expect(result.stdout).toMatch(/noise floor: equal repeats lie [\d.]+ % apart/);
  expect(result.stdout).toMatch(/^single-core: /m);
});

it('refuses what it does not know with exit code 2', async () => {
  const result = await doctor(['--colour']);
  expect(result.exitCode).toBe(2);
  expect(result.stderr).toContain('--colour');
});
