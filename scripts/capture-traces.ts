/*
 * usage: npm run fixtures:traces
 *
 * Captures what the tracers print about servers under load, into test/fixtures/strace and test/fixtures/syscall-times:
 * of a blocking server, of one with two workers, and of a parent that makes no call at all.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { createMachine } from '../harness/effects/machine.ts';
import { openSession } from '../harness/effects/session.ts';
import { tracedRepeat, type TracedServer } from '../test/support/traced-repeat.ts';

const fixtures = new URL('../test/fixtures/', import.meta.url);
const blocking: TracedServer = { plugin: 'blocking-serial' };
const prefork: TracedServer = { plugin: 'epoll-prefork', params: { workers: 2 } };
const idleParent: TracedServer = { plugin: 'epoll-shared', params: { workers: 1 } };

/** Names of raw texts, and the files that they become. */
const captures: readonly (readonly [TracedServer, string, Readonly<Record<string, string>>])[] = [
  [
    prefork,
    'strace',
    {
      'tom/strace-c-f.parent.txt': 'strace/system.parent.txt',
      'tom/strace-c-f.worker-1.txt': 'strace/system.worker-1.txt',
    },
  ],
  [
    prefork,
    'strace-wall',
    {
      'tom/strace-c-w-f.parent.txt': 'strace/wall.parent.txt',
      'tom/strace-c-w-f.worker-1.txt': 'strace/wall.worker-1.txt',
    },
  ],
  [blocking, 'strace-wall', { 'tom/strace-c-w-f.only.txt': 'strace/wall.only.txt' }],
  [idleParent, 'strace', { 'tom/strace-c-f.parent.txt': 'strace/system.idle.txt' }],
  [blocking, 'syscall-times', { 'tom/syscall-times.json': 'syscall-times/only.json' }],
  [prefork, 'syscall-times', { 'tom/syscall-times.json': 'syscall-times/prefork-2.json' }],
];

const session = await openSession(process.argv.slice(1), console.error);
try {
  const machine = createMachine(session);
  for (const [server, tracer, files] of captures) {
    const { raw, record } = await tracedRepeat(machine, 'loopback', server, tracer);
    for (const { probe, reason } of record.unavailable)
      console.error(`${server.plugin}: ${probe}: ${reason}`);
    for (const [name, file] of Object.entries(files)) {
      const text = raw[name];
      if (text === undefined) continue;
      await mkdir(new URL('.', new URL(file, fixtures)), { recursive: true });
      await writeFile(new URL(file, fixtures), text);
      console.log(file);
    }
  }
} finally {
  await session.close();
}
