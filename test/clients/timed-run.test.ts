import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { windowEvent } from '../../harness/core/load-events.ts';
import { readToolRun, type ToolRun } from '../../harness/core/tool-run.ts';
import { startGenerator, type GeneratorExit } from '../support/generator.ts';
import { processState } from '../support/proc.ts';
import { waitUntil } from '../support/wait-until.ts';

describe.each(['release', 'asan'] as const)('timed-run (%s)', (build) => {
  const program = path.resolve('build', build, 'bin', 'timed-run');
  const start = (args: readonly string[], wrapper: readonly string[] = []) =>
    startGenerator(build, args, wrapper, program);

  const read = ({ stdout, stderr, exitCode }: GeneratorExit): ToolRun =>
    readToolRun('it', {
      ...{ command: 'it', signal: null, timedOut: false },
      ...{ stdout, stderr, exitCode: exitCode ?? null },
    });
  const borders = (stdout: string) => stdout.split('\n').flatMap((line) => windowEvent(line) ?? []);
  const lastLine = ({ stdout }: GeneratorExit) =>
    JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Record<string, unknown>;

  it('passes on output and exit code, its own lines around them', async () => {
    const exit = await start(['--', 'sh', '-c', 'echo out; printf unfinished; echo err >&2; exit 7']).exited;
    expect(exit.exitCode).toBe(7);
    expect(borders(exit.stdout)).toEqual(['start', 'end']);
    const run = read(exit);
    expect(run).toMatchObject({ exitCode: 7, signal: null, stderr: 'err' });
    expect(run.stdout).toBe('out\nunfinished\n');
  });

  it('tells the signal that ended the program', async () => {
    const exit = await start(['--', 'sh', '-c', 'kill -SEGV $$']).exited;
    expect(exit.exitCode).toBe(128 + 11);
    expect(read(exit)).toMatchObject({ exitCode: null, signal: 11 });
  });

  it('counts the CPU time of processes that the program did not wait for', async () => {
    const script = `
      pipe(my $reading, my $writing);
      if (fork() == 0) { close $reading; my $i = 0; $i++ while $i < 3_000_000; exit }
      close $writing; <$reading>; exit 0;`;
    const run = read(await start(['--', 'perl', '-e', script]).exited);
    expect(run.exitCode).toBe(0);
    expect(run.cpu.userMs + run.cpu.systemMs).toBeGreaterThan(30);
  });

  it('ends the program after its window, and leaves out what it used before', async () => {
    const script = 'my $i = 0; $i++ while $i < 500_000; print "idle\n"; sleep 1000;';
    const idle = await start([
      ...['--warmup-ms', '2500', '--window-ms', '200'],
      ...['--', 'perl', '-e', `$| = 1; ${script}`],
    ]).exited;
    expect(idle.exitCode).toBe(0);
    expect(borders(idle.stdout)).toEqual(['start', 'end']);
    expect(lastLine(idle)).toMatchObject({ stopped: true, signal: 15, cpu: { userMs: 0, systemMs: 0 } });
    const busy = await start(['--window-ms', '300', '--', 'perl', '-e', '1 while 1']).exited;
    expect(read(busy).cpu.userMs).toBeGreaterThan(0);
  });

  it('counts the sockets that are open when the window ends', async () => {
    const script = `use Socket; my @s;
      for (1 .. 3) { socket(my $s, PF_INET, SOCK_STREAM, 0) or die; push @s, $s } sleep 1000;`;
    const exit = await start(['--window-ms', '1500', '--', 'perl', '-e', script]).exited;
    expect(lastLine(exit)).toMatchObject({ socketsAtEnd: 3 });
  });

  it('hands a signal on and ends with the program', async () => {
    const running = start([
      '--',
      'perl',
      '-e',
      '$| = 1; $SIG{TERM} = sub { exit 7 }; print "up\n"; sleep 1 while 1',
    ]);
    await waitUntil('the program runs', () => running.stdout().includes('up'));
    process.kill(running.pid, 'SIGTERM');
    expect((await running.exited).exitCode).toBe(7);
  });

  it('lets nothing outlive it', async () => {
    const exit = await start(['--', 'sh', '-c', 'sleep 1000 >/dev/null 2>&1 & echo $!']).exited;
    const pid = Number(read(exit).stdout.trim());
    expect(pid).toBeGreaterThan(0);
    expect(await processState(pid)).toBeNull();
  });

  it('raises the limit of open files', async () => {
    const exit = await start(['--', 'sh', '-c', 'ulimit -n'], ['prlimit', '--nofile=64:256']).exited;
    expect(read(exit).stdout.trim()).toBe('256');
  });

  it('says what cannot be started', async () => {
    const missing = await start(['--', '/nowhere/wrk']).exited;
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toMatch(
      /^timed-run: start \/nowhere\/wrk: No such file or directory \(ENOENT\)$/m,
    );
    expect(() => read(missing)).toThrow(/did not run to its end: timed-run: start \/nowhere\/wrk/);
    for (const args of [[], ['--window-ms', '5'], ['--window-ms', 'x', '--', 'true'], ['true']]) {
      expect((await start(args).exited).exitCode, args.join(' ')).toBe(2);
    }
  });
});
