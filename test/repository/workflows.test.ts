import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as WorkflowParser from '@actions/workflow-parser';
import { tsImport } from 'tsx/esm/api';
import { describe, expect, it } from 'vitest';
import { mergeCommand } from '../../harness/commands/merge-main.ts';
import { reportCommand } from '../../harness/commands/report-main.ts';
import { runCommand } from '../../harness/commands/run-options.ts';
import { verifyCommand } from '../../harness/commands/verify-main.ts';
import { filesBelow, repository } from '../support/repository.ts';

const directory = '.github/workflows';
const textOf = (path: string): string => readFileSync(join(repository, path), 'utf8');
const example = textOf(`${directory}/forkbench.yml`);

// It imports JSON in the way of bundlers, which Node alone does not understand.
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = (await tsImport(
  '@actions/workflow-parser',
  import.meta.url,
)) as typeof WorkflowParser;

/** What GitHub's own parser finds wrong with a workflow: its shape, its expressions and how its jobs depend. */
async function mistakesIn(content: string): Promise<string[]> {
  const { context, value } = parseWorkflow({ name: 'workflow.yml', content }, new NoOperationTraceWriter());
  const converted = value && (await convertWorkflowTemplate(context, value));
  return [
    ...context.errors.getErrors().map(({ message }) => message),
    ...(converted?.errors ?? []).map(({ Message }) => Message),
  ];
}

describe('workflows for GitHub Actions', () => {
  it.each(filesBelow(directory))('%s is valid', async (path) => {
    expect(await mistakesIn(textOf(path))).toEqual([]);
  });

  it.each([
    ['a word that is none', 'runs-on:', 'run-on:', /Required property is missing: runs-on/],
    ['a value of another type', 'timeout-minutes: 60', 'timeout-minutes: soon', /Unexpected value 'soon'/],
    ['a permission that is none', 'contents: read', 'contents: some', /Unexpected value 'some'/],
    ['an event that is none', '  push:', '  pushed:', /Unexpected value 'pushed'/],
    ['an unknown context', 'github.ref', 'gitlab.ref', /Unrecognized named-value: 'gitlab'/],
    ['an unknown function', 'cancelled()', 'canceled()', /Unrecognized function: 'canceled'/],
    ['a broken expression', 'cancelled()', 'cancelled(', /Unexpected end of expression/],
    [
      'a step that does nothing',
      'uses: actions/checkout@v4',
      'name: x',
      /Add one of these properties: run, shell, uses/,
    ],
    ['a job that waits for none', 'runs-on:', 'needs: other\n    runs-on:', /no dependencies/],
    ['no YAML', 'jobs:', 'jobs: [', /./],
  ])('are not valid with %s', async (_, right, wrong, mistake) => {
    expect(example).toContain(right);
    expect((await mistakesIn(example.replace(right, wrong))).join('\n')).toMatch(mistake);
  });

  it('run what is there, may only read, and come to an end', () => {
    expect(example).toMatch(/^permissions:\n {2}contents: read\n\n/m);
    expect(example).toMatch(/^ {4}timeout-minutes: \d+$/m);
    expect(example).toContain('"GITHUB_STEP_SUMMARY=$GITHUB_STEP_SUMMARY" .ci/run');
    expect(textOf('.ci/run')).toContain('scripts/ci.ts');
    const kept = /^ {10}path: (.*)$/m.exec(example)![1];
    expect(textOf('scripts/ci.ts')).toContain(`const out = '${kept}';`);
  });

  it('run commands that are there, with options that they have', () => {
    const text = textOf(`${directory}/sweep.yml`);
    const lines = text.split('\n').map((line) => line.trim());
    const scripts = Object.keys((JSON.parse(textOf('package.json')) as { scripts: object }).scripts);
    const npm = lines.flatMap((line) => /npm run ([\w:]+)/.exec(line)?.[1] ?? []);
    expect(npm).not.toEqual([]);
    for (const name of npm) expect(scripts).toContain(name);

    const commands = { run: runCommand, merge: mergeCommand, report: reportCommand, verify: verifyCommand };
    const calls = lines.flatMap((line) => {
      const [, name, args] = /npx tsx harness\/(\w+)\.ts (.*)$/.exec(line) ?? [];
      return name === undefined || args === undefined ? [] : [{ name, args }];
    });
    expect(calls.map(({ name }) => name)).toEqual(['run', 'merge', 'verify', 'report']);
    for (const { name, args } of calls) {
      const words = args.replace('"$SHARD"', '2/5').replace('"$SCENARIO"', 'single-core').split(' ');
      const command = commands[name as keyof typeof commands]();
      command.exitOverride().configureOutput({ writeErr: () => undefined });
      expect(() => command.parse(words, { from: 'user' }), args).not.toThrow();
      expect(() => command.parse([...words, '--no-such-option'], { from: 'user' })).toThrow(/unknown option/);
    }

    // As many shards as the matrix has values, each once.
    const shards = /shard: \[(.*)\]/.exec(text)![1]!.split(', ').map(Number);
    expect(shards).toEqual(shards.map((_, at) => at + 1));
    expect(text).toContain('${{ matrix.shard }}/${{ strategy.job-total }}');
    // What one job keeps is what the other gets.
    expect(text).toContain('name: shard-${{ matrix.shard }}');
    expect(text).toContain('pattern: shard-*');
  });
});
