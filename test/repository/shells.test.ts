import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filesBelow, repository } from '../support/repository.ts';
import { shellUses } from '../support/shell-use.ts';

it('no string from outside can reach a shell', () => {
  const files = ['harness', 'clients', 'scripts', 'scenarios']
    .flatMap(filesBelow)
    .filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(80);
  expect(files.flatMap((file) => shellUses(file, readFileSync(join(repository, file), 'utf8')))).toEqual([]);
});

it.each([
  [`import { exec } from 'node:child_process';`, 'imports exec'],
  [`import * as processes from 'node:child_process';`, 'imports all of a module that starts processes'],
  [`import { execaCommand as run } from 'execa';`, 'imports execaCommand'],
  ['execa(file, args, { shell: true });', 'sets "shell"'],
  ['const options = { shell: "/bin/bash" };', 'sets "shell"'],
  ["run(['sh', '-c', `echo ${name}`]);", 'gives "sh -c" a script that is put together'],
  ["execa('/bin/bash', ['-ec', 'echo ' + name]);", 'gives "sh -c" a script that is put together'],
  [
    "const script = `echo ${name}`; run(['sh', '-c', script]);",
    'gives "sh -c" a script that is put together',
  ],
])('sees %s', (source, use) => {
  expect(shellUses('a.ts', source)).toEqual([`a.ts: ${use}`]);
});

it.each([
  `import { execFile, spawn } from 'node:child_process';`,
  `import { execa } from 'execa'; execa(file, args, { shell: false });`,
  `const script = 'echo "$1"'; run(['sh', '-c', script, 'sh', name]);`,
  "run(['taskset', '-c', cores, name]);",
])('allows %s', (source) => {
  expect(shellUses('a.ts', source)).toEqual([]);
});
