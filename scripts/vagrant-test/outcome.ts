import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { markdownTable } from 'markdown-table';
import { recordSchema, type RepeatRecord } from '../../harness/core/record.ts';

/** A command of the test, and what came of it. */
export interface Step {
  readonly command: string;
  readonly seconds: number;
  readonly exitCode: number;
}

/** What client, server and server's kernel counted in one repeat. */
export interface Counts {
  readonly cell: string;
  readonly pass: string;
  readonly client: number;
  readonly server: number;
  readonly kernel: number;
  /** But for what was in flight at the end. */
  readonly agree: boolean;
}

export interface Outcome {
  readonly steps: readonly Step[];
  readonly counts: readonly Counts[];
  /** Empty: the test has passed. */
  readonly failures: readonly string[];
}

/** Of all repeats of the runs below a directory that --out named. A repeat that failed agrees with nothing. */
export async function readCounts(out: string): Promise<Counts[]> {
  const files = await readdir(out, { recursive: true }).catch(() => []);
  const journals = files.filter((file) => file.endsWith('records.ndjson'));
  const texts = await Promise.all(journals.map((file) => readFile(join(out, file), 'utf8')));
  return texts.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => countsOf(recordSchema.parse(JSON.parse(line)))),
  );
}

function countsOf({ cell, pass, load, server, kernel, status }: RepeatRecord): Counts {
  const name = `${cell.variant}/c${cell.concurrency}`;
  const client = load?.total?.succeeded ?? 0;
  const answered = server?.processes.reduce((sum, process) => sum + process.answered, 0) ?? 0;
  const opened = kernel?.tom.tcp['PassiveOpens'] ?? 0;
  const close = (count: number): boolean => Math.abs(client - count) <= cell.concurrency;
  const agree = status === 'ok' && client > 0 && close(answered) && close(opened);
  return { cell: name, pass, client, server: answered, kernel: opened, agree };
}

/** A page that says what was run, where, and what came of it. `versions` are of the parts, by name. */
export function outcomePage(outcome: Outcome, versions: readonly (readonly [string, string])[]): string {
  const steps = outcome.steps.map(({ command, seconds, exitCode }) => [
    `\`${command}\``,
    seconds.toFixed(1),
    String(exitCode),
  ]);
  const right = ['l', 'l', 'r', 'r', 'r', 'l'];
  const counts = outcome.counts.map(({ cell, pass, client, server, kernel, agree }) => [
    cell,
    pass,
    ...[client, server, kernel].map(String),
    agree ? 'yes' : 'no',
  ]);
  const result = outcome.failures.length === 0 ? 'It passed.' : `It failed: ${outcome.failures.join('; ')}.`;
  return [
    '# A run of the Vagrant test',
    `Written by \`npm run test:vagrant -- --write\`. ${result}`,
    '## With',
    markdownTable([['part', 'version'], ...versions]),
    '## What was run',
    markdownTable([['command', 'seconds', 'exit code'], ...steps], { align: ['l', 'r', 'r'] }),
    '## What was counted',
    'Requests that the client counted as successful, that the server says it answered, and connections that the kernel\nof the server accepted, over the life of each load. They may differ by what is in flight at its end. The machines\nare emulated: their times and rates say nothing.',
    markdownTable([['cell', 'pass', 'client', 'server', 'kernel', 'agree'], ...counts], { align: right }),
    '',
  ].join('\n\n');
}
