import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The corpus that is kept: one input a line as a JSON string, a character a byte. One file is easier to keep. */
const corpusFile = 'test/fuzz/corpus.ndjson';

export async function readCorpus(): Promise<string[]> {
  const text = await readFile(corpusFile, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as string);
}

export async function writeCorpus(inputs: readonly string[]): Promise<void> {
  const sorted = [...inputs].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  await writeFile(corpusFile, sorted.map((input) => `${asciiJson(input)}\n`).join(''));
}

/** JSON in ASCII only, so that what an editor shows is what the file holds. */
function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\xff]/g,
    (character) => String.raw`\u00` + character.charCodeAt(0).toString(16),
  );
}

/** Makes `directory` hold these inputs and nothing else, a file each, as libFuzzer wants it. */
export async function unpack(inputs: readonly string[], directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  for (const [index, input] of inputs.entries()) {
    await writeFile(join(directory, String(index)), input, 'latin1');
  }
}

export async function pack(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return Promise.all(names.map((name) => readFile(join(directory, name), 'latin1')));
}
