/*
 * usage: node --import tsx scripts/profile-generator.ts [ENGINE...]
 *
 * Where the CPU time of the load generator's core goes, by `perf record` over all that runs on it while each engine drives
 * the sink at 50 connections: server on the first core, generator on the second. Writes docs/generator-profile.md.
 * Needs root, two cores, and perf (apt-get install linux-perf).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx/core';

const engines = process.argv.length > 2 ? process.argv.slice(2) : ['uring', 'epoll'];
const port = 11_311;
const shownSymbols = 25;
const root = join(import.meta.dirname, '..');
const program = (name: string): string => join(root, 'build/release/bin', name);
const quiet = $({ quiet: true, nothrow: true });

interface Share {
  readonly percent: number;
  readonly object: string;
  readonly symbol: string;
}

/** Lines of `perf report`: `  12.34%  [kernel.kallsyms]  [k] tcp_v4_connect`. */
function parseReport(text: string): Share[] {
  return [...text.matchAll(/^\s*([\d.]+)%\s+(\S+)\s+\[\S\]\s+(.+?)\s*$/gm)].map(
    ([, percent, object, symbol]) => ({
      percent: Number(percent),
      object: object!,
      symbol: symbol!,
    }),
  );
}

async function profile(engine: string, directory: string): Promise<Share[]> {
  const server = $({
    nothrow: true,
    quiet: true,
  })`taskset -c 0 ${program('sink')} --port ${port} --backlog 4096`;
  try {
    await quiet`${program('shortconn')} --wait-ready-ms 3000 --host 127.0.0.1 --port ${port}`;
    const data = join(directory, `${engine}.data`);
    const load = ['--engine', engine, '--host', '127.0.0.1', '--port', String(port), '--connections', '50'];
    const times = ['--warmup-ms', '500', '--duration-ms', '4000'];
    const made =
      await quiet`perf record -q -C 1 -F 4999 -o ${data} -- taskset -c 1 ${program('shortconn')} ${load} ${times}`;
    if (!made.ok) throw new Error(`perf record: ${made.stderr.trim()}`);
    const report = await quiet`perf report -i ${data} --stdio --no-children --fields overhead,dso,symbol -q`;
    return parseReport(report.stdout);
  } finally {
    await server.kill('SIGTERM');
  }
}

function section(engine: string, shares: readonly Share[]): string {
  const byObject = new Map<string, number>();
  for (const { object, percent } of shares) byObject.set(object, (byObject.get(object) ?? 0) + percent);
  const objects = [...byObject].sort(([, a], [, b]) => b - a).filter(([, percent]) => percent >= 0.5);
  return [
    `## ${engine}`,
    '',
    objects.map(([object, percent]) => `${percent.toFixed(1)} % in ${object}`).join(', ') + '. By function:',
    '',
    '| share | where | function |',
    '| -: | :- | :- |',
    ...shares
      .slice(0, shownSymbols)
      .map(({ percent, object, symbol }) => `| ${percent.toFixed(1)} % | ${object} | \`${symbol}\` |`),
    '',
  ].join('\n');
}

const directory = await mkdtemp(join(tmpdir(), 'forkbench-profile-'));
try {
  const sections: string[] = [];
  for (const engine of engines) sections.push(section(engine, await profile(engine, directory)));
  const kernel = (await quiet`uname -r`).stdout.trim();
  const text = [
    '# What limits the load generator',
    '',
    `By \`npm run profile:generator\` on kernel ${kernel}: \`perf record\` over everything on the core of the load generator`,
    'while it keeps 50 connections going against the sink on another core, over the loopback device. What is not the',
    "generator's own program is the kernel's work for its connections: to make, use and close a TCP connection is what a",
    'request costs, and an engine can only save the way there.',
    '',
    ...sections,
  ].join('\n');
  const page = join(root, 'docs/generator-profile.md');
  await writeFile(page, text);
  await $({ quiet: true, cwd: root, preferLocal: true })`prettier --write ${page}`;
  console.log('wrote docs/generator-profile.md');
} finally {
  await rm(directory, { recursive: true, force: true });
}
