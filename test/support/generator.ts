import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished } from 'vitest';
import { parseGeneratorOutput, type GeneratorResult } from '../../harness/core/generator-output.ts';
import { expectNoSanitizerReport, type Build } from './server-process.ts';

export const engines = ['uring', 'epoll', 'processes'] as const;
export type Engine = (typeof engines)[number];

export const generatorPath = (build: Build): string => path.resolve('build', build, 'bin', 'shortconn');

export interface Generator {
  readonly engine: Engine;
  readonly build: Build;
}

/** The same tests for all engines. */
export function describeEngines(
  what: string,
  define: (engine: Engine) => void,
  chosen: readonly Engine[] = engines,
): void {
  describe.each(chosen)(`%s: ${what}`, define);
}

/** Checks both builds at the same time: most of such a test is waiting. */
export async function inBothBuilds(
  engine: Engine,
  check: (generator: Generator) => Promise<void>,
): Promise<void> {
  const outcomes = await Promise.allSettled(
    (['release', 'asan'] as const).map(async (build) => {
      try {
        await check({ engine, build });
      } catch (error) {
        if (error instanceof Error) error.message = `${build} build: ${error.message}`;
        throw error;
      }
    }),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

export interface GeneratorExit {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface GeneratorProcess {
  readonly pid: number;
  stdout(): string;
  readonly exited: Promise<GeneratorExit>;
}

/** Starts shortconn. `wrapper` is a command that runs it, such as prlimit. The end of the test kills it. */
export function startGenerator(
  build: Build,
  flags: readonly string[],
  wrapper: readonly string[] = [],
  program = generatorPath(build),
): GeneratorProcess {
  const [file = '', ...rest] = [...wrapper, program, ...flags];
  const subprocess = execa(file, rest, { reject: false, stdin: 'ignore' });
  let stdout = '';
  subprocess.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const exited = subprocess.then((result): GeneratorExit => {
    expectNoSanitizerReport(result);
    const { exitCode, signal, stderr } = result;
    return { exitCode, signal, stdout, stderr };
  });
  onTestFinished(async () => {
    subprocess.kill('SIGKILL');
    await exited;
  });
  if (subprocess.pid === undefined) throw new Error(`${file} can't be started`);
  return { pid: subprocess.pid, stdout: () => stdout, exited };
}

export const runGenerator = (...parameters: Parameters<typeof startGenerator>): Promise<GeneratorExit> =>
  startGenerator(...parameters).exited;

export interface LoadTimes {
  readonly connections?: number;
  readonly warmupMs?: number;
  readonly durationMs?: number;
  readonly drainMs?: number;
}

export const loadFlags = (
  { engine, port }: { engine: Engine; port: number },
  { connections = 4, warmupMs = 0, durationMs = 200, drainMs = 300 }: LoadTimes = {},
): string[] => [
  ...['--engine', engine, '--port', String(port)],
  ...['--connections', String(connections)],
  ...['--warmup-ms', String(warmupMs)],
  ...['--duration-ms', String(durationMs)],
  ...['--drain-ms', String(drainMs)],
];

/** Loads a server, checks an orderly end, and returns the result. A load without an end runs into the test's own time limit. */
export async function load(
  { engine, build }: Generator,
  port: number,
  { more = [], ...times }: LoadTimes & { more?: readonly string[] } = {},
): Promise<GeneratorResult> {
  const exit = await runGenerator(build, [...loadFlags({ engine, port }, times), ...more]);
  expect(exit).toMatchObject({ exitCode: 0, stderr: '' });
  return parseGeneratorOutput(exit.stdout);
}
