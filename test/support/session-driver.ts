import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMachine } from '../../harness/effects/machine.ts';
import { writeWhole } from '../../harness/effects/output-files.ts';
import { loadPlugin } from '../../harness/effects/registry.ts';
import { openSession } from '../../harness/effects/session.ts';

/*
 * A program that does what a run does, with a command of the test's choice for a server, until it is killed: a
 * session, namespaces, a process, files in the scratch directory and files that are written whole.
 * usage: session-driver.ts DIRECTORY [COMMAND...]; without a command it only opens and closes a session.
 */

const [directory, ...command] = process.argv.slice(2) as [string, ...string[]];
const session = await openSession(['session-driver'], (line) => console.error(line));
if (command.length === 0) {
  await session.close();
} else {
  const machine = createMachine(session);
  await session.remember({ kind: 'unfinished', directory });
  await machine.start(command, { limitMs: 60_000 });
  const netns = await loadPlugin('hosts', 'netns');
  await netns.open(machine, { tom: [], jerry: [] });
  await writeWhole(join(machine.scratchDir, 'page'), 'counters');
  console.log('at work');
  for (;;) {
    await writeWhole(join(directory, 'results.json'), 'x'.repeat(2 ** 21));
    await sleep(5);
  }
}
