/*
 * usage: node --import tsx scripts/profile-generator.ts [ENGINE|wrk ...]
 *
 * Where the CPU time of load generators goes, by `perf record` on their core while each drives the sink at 50
 * connections: server on the first core, generator on the second. Writes docs/generator-profile.md.
 * Needs root, two cores, wrk, and perf (apt-get install wrk linux-perf).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx/core';

const programs = process.argv.length > 2 ? process.argv.slice(2) : ['uring', 'epoll', 'wrk'];
const port = 11_311;
const root = join(import.meta.dirname, '..');
const url = `http://127.0.0.1:${port}/`;
const program = (name: string): string => join(root, 'build/release/bin', name);
const quiet = $({ quiet: true, nothrow: true });

/** The first that is found in a sample's stack is what it was for. `must`: no client gets by without it. */
const purposes: readonly { name: string; must: boolean; functions: RegExp }[] = [
  { name: 'packets that come in', must: true, functions: /^(net_rx_action|__netif_receive)/ },
  { name: 'connect', must: true, functions: /^(tcp_v4_connect|__inet_stream_connect|inet_stream_connect)$/ },
  { name: 'close', must: true, functions: /^(tcp_close|__fput|sock_close|inet_release|tcp_shutdown)$/ },
  { name: 'send', must: true, functions: /^tcp_sendmsg/ },
  { name: 'receive', must: true, functions: /^(tcp_recvmsg|sock_recvmsg|inet_recvmsg)/ },
  { name: 'make a socket', must: true, functions: /^(sock_create|__sys_socket)/ },
  { name: 'wait for events', must: false, functions: /^(do_epoll_wait|ep_poll|io_cqring_wait|schedule)/ },
  { name: 'io_uring itself', must: false, functions: /^io_/ },
  { name: 'other system calls', must: false, functions: /^do_syscall_64$/ },
];
const ownPart = 'its own program, and the way into the kernel';

interface Profile {
  readonly program: string;
  readonly samples: number;
  /** Samples by purpose. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Samples of `perf script`: the command's name, then the functions of its stack, innermost first, then a blank line. */
function profileOf(program: string, command: string, text: string): Profile {
  const counts = new Map<string, number>();
  const samples = text
    .split('\n\n')
    .map((sample) => sample.trim().split('\n'))
    .filter(([name]) => name?.trim() === command);
  for (const [, ...frames] of samples) {
    const functions = frames.map((frame) => frame.trim().split(/\s+/)[1] ?? '');
    const purpose = purposes.find((one) => functions.some((name) => one.functions.test(name)));
    const name = purpose?.name ?? ownPart;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return { program, samples: samples.length, counts };
}

/** Command lines of a generator that loads the sink for some seconds. */
const loadOf = (name: string): string[] =>
  name === 'wrk'
    ? [
        ...['wrk', '--threads', '1', '--connections', '50', '--duration', '4s'],
        ...['--header', 'Connection: close'],
        url,
      ]
    : [
        ...[program('shortconn'), '--engine', name, '--host', '127.0.0.1', '--port', String(port)],
        ...['--connections', '50', '--warmup-ms', '500', '--duration-ms', '4000'],
      ];

async function profile(name: string, directory: string): Promise<Profile> {
  const server = $({
    nothrow: true,
    quiet: true,
  })`taskset -c 0 ${program('sink')} --port ${port} --backlog 4096`;
  try {
    await quiet`${program('shortconn')} --wait-ready-ms 3000 --host 127.0.0.1 --port ${port}`;
    const data = join(directory, `${name}.data`);
    const made = await quiet`perf record -q -g -C 1 -F 4999 -o ${data} -- taskset -c 1 ${loadOf(name)}`;
    if (!made.ok) throw new Error(`perf record: ${made.stderr.trim()}`);
    const samples = await quiet`perf script -i ${data} -F comm,ip,sym`;
    const found = profileOf(name, name === 'wrk' ? 'wrk' : 'shortconn', samples.stdout);
    if (found.samples === 0) throw new Error(`perf saw nothing of ${name}: ${made.stderr.trim()}`);
    return found;
  } finally {
    await server.kill('SIGTERM');
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const shareOf = ({ counts, samples }: Profile, name: string): number => (counts.get(name) ?? 0) / samples;
const mustShare = (one: Profile): number =>
  purposes.filter(({ must }) => must).reduce((sum, { name }) => sum + shareOf(one, name), 0);

function tableOf(profiles: readonly Profile[]): string {
  return [
    `| | ${profiles.map((one) => one.program).join(' | ')} |`,
    `| :- |${profiles.map(() => ' -: |').join('')}`,
    ...[...purposes.map(({ name }) => name), ownPart].map(
      (name) => `| ${name} | ${profiles.map((one) => percent(shareOf(one, name))).join(' | ')} |`,
    ),
    `| **what no client gets by without** | ${profiles.map((one) => percent(mustShare(one))).join(' | ')} |`,
  ].join('\n');
}

/** What the profile of wrk lets another client hope for. */
function boundText(profiles: readonly Profile[]): string {
  const wrk = profiles.find((one) => one.program === 'wrk');
  if (wrk === undefined) return '';
  return (
    `As far as that costs every client alike, one that spent nothing else would take ${percent(mustShare(wrk))} of the CPU ` +
    'time of wrk for a request. No way of asking the kernel leads below that, as long as it makes, uses and closes a TCP ' +
    'connection for each.'
  );
}

const directory = await mkdtemp(join(tmpdir(), 'forkbench-profile-'));
try {
  const profiles: Profile[] = [];
  for (const name of programs) profiles.push(await profile(name, directory));
  const kernel = (await quiet`uname -r`).stdout.trim();
  const text = [
    '# What limits the load generator',
    '',
    `By \`npm run profile:generator\` on kernel ${kernel}: \`perf record\` on the core of a load generator while it keeps 50`,
    'connections going against the sink on another core, over the loopback device. Of the samples of the generator itself,',
    'what they were for, by the functions in their stacks:',
    '',
    tableOf(profiles),
    '',
    boundText(profiles),
    '',
    '`npm run bench:generator` holds uring against its targets: at most half of the CPU time of wrk for a request at 50',
    'connections, and at most two thirds at 1000 and at 10,000.',
    '',
  ].join('\n');
  const page = join(root, 'docs/generator-profile.md');
  await writeFile(page, text);
  await $({ quiet: true, cwd: root, preferLocal: true })`prettier --write ${page}`;
  console.log('wrote docs/generator-profile.md');
} finally {
  await rm(directory, { recursive: true, force: true });
}
