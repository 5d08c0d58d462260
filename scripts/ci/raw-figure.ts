import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { readRaw } from '../../harness/effects/raw-output.ts';

/** What was changed: the file, relative to the run, and the field of the record that comes out of the figure. */
export interface ChangedFigure {
  readonly file: string;
  readonly field: string;
}

const textName = 'tom/proc-net-netstat.after.txt';

/** Adds one to ListenOverflows as the kernel told it after the first repeat of a run. Throws where it is nowhere. */
export async function changeRawFigure(runDirectory: string): Promise<ChangedFigure> {
  for (const name of (await readdir(join(runDirectory, 'raw'))).sort()) {
    const file = join('raw', name);
    const path = join(runDirectory, file);
    const texts = await readRaw(path);
    const text = texts[textName];
    if (text === undefined) continue;
    const changed = { ...texts, [textName]: withOneMore(text, 'TcpExt:', 'ListenOverflows') };
    await writeFile(path, await promisify(gzip)(JSON.stringify(changed)));
    return { file, field: 'kernel.tom.tcpExt.ListenOverflows' };
  }
  throw new Error(`no raw output in ${runDirectory} has ${textName}`);
}

/** Of a pair of lines that begin with `group`, the first has names and the second their values. */
function withOneMore(text: string, group: string, counter: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.startsWith(group));
  const column = (lines[at] ?? '').split(' ').indexOf(counter);
  if (column < 0) throw new Error(`${textName} has no ${counter}`);
  const values = lines[at + 1]!.split(' ');
  return lines.with(at + 1, values.with(column, String(Number(values[column]) + 1)).join(' ')).join('\n');
}
