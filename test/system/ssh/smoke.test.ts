import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { manifestSchema } from '../../../harness/core/manifest.ts';
import { makeWorkplace, readAllRecords, runDirectory, type Workplace } from '../../support/harness.ts';
import { makeSshHosts, sshdMissing, type SshHosts } from '../../support/ssh-hosts.ts';

let workplace: Workplace;
let hosts: SshHosts;
beforeEach(async () => {
  workplace = makeWorkplace();
  if (sshdMissing() === null) hosts = await makeSshHosts();
});
afterEach(async () => {
  await hosts?.close();
  workplace.remove();
});

it('the smoke scenario runs on two hosts by ssh as it does in namespaces', async (context) => {
  if (sshdMissing() !== null) context.skip(sshdMissing()!);
  const run = await hosts.startRun(workplace, '--scenario', 'smoke', '--hosts', hosts.file);
  console.log(run.stdout, run.stderr);
  expect(run.exitCode).toBe(0);
  const records = readAllRecords(workplace);
  for (const record of records)
    console.log(
      record.repeatId,
      record.status,
      record.failure,
      record.unavailable,
      record.server?.processes.length,
      record.cpu?.cores.length,
    );
  const manifest = manifestSchema.parse(
    JSON.parse(readFileSync(join(runDirectory(workplace), 'manifest.json'), 'utf8')),
  );
  console.log(JSON.stringify(manifest.environment.hosts), manifest.environment.hostNote);
  expect(hosts.processes()).toEqual([]);
});
