/*
 * usage: node --import tsx scripts/vagrant-test/inside.ts DIRECTORY BOX-AS-JSON
 *
 * The part of scripts/vagrant-test.ts that runs in namespaces of its own: the machines come up, the smoke scenario runs on them,
 * the machines go. What came of it is in DIRECTORY/outcome.json.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { execa } from 'execa';
import type { Box } from './box.ts';
import { readCounts, type Outcome, type Step } from './outcome.ts';
import { startLibvirt, userVagrantfile } from './private-libvirt.ts';

const [directory, boxJson] = process.argv.slice(2);
if (directory === undefined || boxJson === undefined)
  throw new Error('usage: inside.ts DIRECTORY BOX-AS-JSON');
const box = JSON.parse(boxJson) as Box;
const boxName = 'forkbench-test';
const environment = {
  HOME: directory,
  VAGRANT_HOME: join(directory, 'vagrant'),
  VAGRANT_DOTFILE_PATH: join(directory, 'dotfile'),
  VAGRANT_CHECKPOINT_DISABLE: '1',
  VAGRANT_NO_COLOR: '1',
  FORKBENCH_BOX: boxName,
  FORKBENCH_PROVISION: 'send',
  FORKBENCH_SESSIONS: join(directory, 'sessions'),
};
const steps: Step[] = [];

/** Runs one step, and throws when it fails. */
async function step(command: string, ...words: string[]): Promise<string> {
  const shown = [basename(command), ...words.map((word) => (isAbsolute(word) ? basename(word) : word))].join(
    ' ',
  );
  console.log(`vagrant test: ${shown}`);
  const started = performance.now();
  const output = ['pipe', 'inherit'] as const;
  const result = await execa(command, words, {
    reject: false,
    env: environment,
    stdin: 'ignore',
    stdout: output,
    stderr: output,
  });
  steps.push({
    command: shown,
    seconds: (performance.now() - started) / 1000,
    exitCode: result.exitCode ?? -1,
  });
  if (result.exitCode !== 0) throw new Error(`${shown}: exit code ${result.exitCode ?? 'none'}`);
  return result.stdout;
}

const failures: string[] = [];
const daemon = await startLibvirt(directory);
try {
  await mkdir(environment.VAGRANT_HOME, { recursive: true });
  await writeFile(join(environment.VAGRANT_HOME, 'Vagrantfile'), userVagrantfile(box));
  await step('vagrant', 'box', 'add', '--name', boxName, '--provider', 'libvirt', box.file);
  await step('vagrant', 'up', '--provider=libvirt');
  const harness = ['--import', 'tsx', 'harness/run.ts', '--scenario', 'smoke', '--hosts', 'vagrant'];
  await step(process.execPath, ...harness, '--seed', '1', '--out', join(directory, 'out'));
} catch (error) {
  failures.push(error instanceof Error ? error.message : String(error));
}
try {
  await step('vagrant', 'destroy', '--force');
  const left = await step('virsh', '-c', 'qemu:///system', 'list', '--all', '--name');
  if (left.trim() !== '') failures.push(`still there: ${left.trim()}`);
} catch (error) {
  failures.push(error instanceof Error ? error.message : String(error));
}
const counts = await readCounts(resolve(directory, 'out'));
if (counts.length === 0) failures.push('nothing was measured');
failures.push(...counts.filter(({ agree }) => !agree).map(({ cell }) => `${cell}: counts differ`));
const outcome: Outcome = { steps, counts, failures };
await writeFile(join(directory, 'outcome.json'), JSON.stringify(outcome));
await daemon.stop();
process.exit(failures.length === 0 ? 0 : 1);
