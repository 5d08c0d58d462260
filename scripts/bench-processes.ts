/*
 * usage: node --import tsx scripts/bench-processes.ts [CLIENTS...]
 *
 * How long the load `processes` takes to start its clients, each a process: from the first fork until the last one runs.
 * It drives the sink over the loopback device, each on a core of its own. Prints the median of five runs for each
 * number of clients (default: 100, 1000, 3000), the longest of them, and what they cost: the CPU time of the whole run,
 * so that of the requests too.
 */
import { join } from 'node:path';
import { $ } from 'zx/core';
import { parseGeneratorOutput } from '../harness/core/generator-output.ts';

const numbers = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100, 1000, 3000];
const runs = 5;
const port = 11_312;
const program = (name: string): string => join(import.meta.dirname, '../build/release/bin', name);
const quiet = $({ quiet: true, nothrow: true });

interface Start {
  readonly startMs: number;
  readonly cpuMs: number;
}

/** The sum of the times in the last line of the shell's `times`, such as `0m0.355s 0m1.050s`. */
function childrensCpuMs(said: string): number {
  const last = said.trim().split('\n').at(-1)!;
  return [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + 60_000 * Number(minutes) + 1000 * Number(seconds),
    0,
  );
}

async function start(clients: number): Promise<Start> {
  const load = ['--engine', 'processes', '--host', '127.0.0.1', '--port', port, '--connections', clients];
  const times = ['--warmup-ms', 0, '--duration-ms', 200, '--drain-ms', 100];
  const script = '"$@" && times >&2';
  const made = await quiet`sh -c ${script} sh taskset -c 1 ${program('shortconn')} ${load} ${times}`;
  if (!made.ok) throw new Error(made.stderr.trim());
  return {
    startMs: parseGeneratorOutput(made.stdout).startMs!,
    cpuMs: childrensCpuMs(made.stderr),
  };
}

const byStart = (a: Start, b: Start): number => a.startMs - b.startMs;

const server = $({
  nothrow: true,
  quiet: true,
})`taskset -c 0 ${program('sink')} --port ${port} --backlog 4096`;
try {
  await quiet`${program('shortconn')} --wait-ready-ms 3000 --host 127.0.0.1 --port ${port}`;
  console.log('clients   start, median   longest   CPU time of the run');
  for (const clients of numbers) {
    const starts: Start[] = [];
    for (let run = 0; run < runs; run++) starts.push(await start(clients));
    starts.sort(byStart);
    const median = starts[Math.floor(runs / 2)]!;
    const columns = [`${median.startMs.toFixed(0)} ms`, `${starts.at(-1)!.startMs.toFixed(0)} ms`];
    console.log(
      `${String(clients).padStart(7)}${columns[0]!.padStart(16)}${columns[1]!.padStart(10)}${`${median.cpuMs.toFixed(0)} ms`.padStart(22)}`,
    );
  }
} finally {
  await server.kill('SIGTERM');
}
