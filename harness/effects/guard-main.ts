import { text } from 'node:stream/consumers';
import { farewell } from './guard.ts';
import { removeFile, temporaryPath } from './output-files.ts';
import { readSession, undoSession } from './undo.ts';

/*
 * The guard of a session, a program of its own: see guard.ts. Its arguments are the session's file and the harness's
 * process id. Only the end of its input ends it.
 */

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
const [file, harness] = process.argv.slice(2) as [string, string];
// Nobody may be there to hear it any more.
process.stdout.on('error', () => undefined).write('ready\n');
if ((await text(process.stdin)) !== farewell) {
  const state = await readSession(file);
  if (state === null) await removeFile(temporaryPath(file, Number(harness)));
  else await undoSession(file, state);
}
