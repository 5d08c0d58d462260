import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeWorkplace, readRecords, startHarness, type Workplace } from '../support/harness.ts';

let workplace: Workplace;
beforeEach(() => void (workplace = makeWorkplace()));
afterEach(() => workplace.remove());

/** Everything below the workplace whose name says that a string was run as a command. */
const traces = (): string[] =>
  readdirSync(workplace.out, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /executed-\d+$/.test(name),
  );

const words = (text: string): string => text.replaceAll(/[;\s]+/g, ' ').trim();

/** Strings that leave a trace when a shell reads them, whatever quotes they are in. */
const commands = (): string[] =>
  [
    (touch: string) => `$(${touch})`,
    (touch: string) => `\`${touch}\``,
    (touch: string) => `; ${touch};`,
    (touch: string) => `1\n${touch}\n`,
    (touch: string) => `' " ; ${touch} | ${touch} && ${touch} #`,
  ].map((write, index) => write(`touch ${join(workplace.out, `executed-${index}`)}`));

function scenarioFile(directory: string, variants: readonly object[]): string {
  const plan = { blocks: 1, windows: [{ fromConcurrency: 1, warmupMs: 0, windowMs: 200 }] };
  const [label = ''] = commands();
  const scenario = {
    name: 'hostile',
    title: label,
    question: commands().join(' '),
    variants: [...variants, { id: 'good', label, plugin: 'blocking-serial' }],
    baseline: 'good',
    concurrencies: [2],
    hosts: { tomCores: 1 },
    plans: { full: plan, quick: plan },
  };
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'hostile.ts');
  writeFileSync(path, `export default ${JSON.stringify(scenario)};\n`);
  return path;
}

it.each(['netns', 'loopback'])(
  'values of a scenario are arguments of a program on %s, no more',
  async (hosts) => {
    const bad = commands().map((value, index) => ({
      id: `bad-${index}`,
      label: value,
      plugin: 'epoll-prefork',
      params: { workers: value },
    }));
    const file = scenarioFile(workplace.out, bad);
    const result = await startHarness(workplace, ['--scenario', file, '--hosts', hosts]);
    expect(result.exitCode, `${String(result.stdout)}\n${String(result.stderr)}`).toBe(1);
    const records = readRecords(workplace);
    for (const { id, params } of bad) {
      const { failure } = records.find((record) => record.cell.variant === id)!;
      expect(failure?.stage).toBe('server-start');
      // The program was given the value as it stands, and refused it; its message is one line.
      expect(words(failure!.message)).toContain(words(params.workers));
    }
    expect(records.find((record) => record.cell.variant === 'good')!.status).toBe('ok');
    expect(traces()).toEqual([]);
  },
);

it('names of files may hold anything', async () => {
  const name = `a b\nc 'd' "e" $(touch executed-1) ; touch executed-2`;
  const inside: Workplace = { ...workplace, out: join(workplace.out, name) };
  const file = scenarioFile(inside.out, []);
  const result = await startHarness(inside, ['--scenario', file, '--hosts', 'loopback']);
  expect(result.exitCode, `${String(result.stdout)}\n${String(result.stderr)}`).toBe(0);
  expect(readRecords(inside).map((record) => record.status)).toEqual(['ok']);
  expect(readFileSync(join(inside.out, 'reports', 'hostile.md'), 'utf8')).toContain('blocking-serial');
  expect(readdirSync('.').filter((entry) => entry.startsWith('executed-'))).toEqual([]);
});

it('output of tools is data', async () => {
  const tools = join(workplace.out, 'tools');
  mkdirSync(tools);
  const output = [...commands(), 'Speed=60 pages/min, 60 bytes/sec.', 'Requests: 1 susceed, 0 failed.'].join(
    '\n',
  );
  writeFileSync(join(tools, 'output'), output);
  for (const tool of ['webbench', 'netstat']) {
    writeFileSync(join(tools, tool), '#!/bin/sh\ncat "${0%/*}/output"\n');
    chmodSync(join(tools, tool), 0o755);
  }
  const file = scenarioFile(workplace.out, []);
  const result = await startHarness(
    workplace,
    ['--scenario', file, '--hosts', 'loopback', '--load', 'webbench'],
    { env: { PATH: `${tools}:${process.env['PATH']}` } },
  );
  expect(result.exitCode, `${String(result.stdout)}\n${String(result.stderr)}`).toBe(0);
  expect(readRecords(workplace)[0]!.load!.window.succeeded).toBe(1);
  expect(traces()).toEqual([]);
});
