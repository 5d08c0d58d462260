import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mergeObstacles } from '../../../harness/analysis/merge.ts';
import { manifestSchema, type HostMachine, type Manifest } from '../../../harness/core/manifest.ts';
import { findRuns } from '../../../harness/effects/results.ts';

const [directory] = await findRuns('results');
const local = manifestSchema.parse(JSON.parse(await readFile(join(directory!, 'manifest.json'), 'utf8')));

/** The same run as on hosts by ssh, the second of them with this kernel. */
function byHosts(kernel: string): Manifest {
  const { operatingSystem, cpuModel, cpuCount, memoryMb, virtualization } = local.environment;
  const machine: Omit<HostMachine, 'name' | 'role'> = {
    ...{ kernel: '6.1.0', operatingSystem, cpuModel, cpuCount, memoryMb, virtualization },
    ...{ root: true, programsBuiltThere: false, clockOffsetMs: 0, clockUncertaintyMs: 0.1 },
  };
  const hosts: HostMachine[] = [
    { ...machine, name: 'a', role: 'tom' },
    { ...machine, name: 'b', role: 'jerry', kernel },
  ];
  return { ...local, environment: { ...local.environment, hosts } };
}

it('shards whose hosts have other kernels do not belong together', () => {
  const names = (first: Manifest, other: Manifest): string[] =>
    mergeObstacles(first, other).map(({ name }) => name);
  expect(names(byHosts('6.1.0'), byHosts('6.1.0'))).toEqual([]);
  expect(names(byHosts('6.1.0'), byHosts('6.12.0'))).toEqual(['kernels of the hosts']);
});
