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
  expect(run.exitCode, run.stdout + run.stderr).toBe(0);
  const records = readAllRecords(workplace);
  expect(records).toHaveLength(11);
  for (const { status, unavailable, server, load, cpu, kernel } of records) {
    expect({ status, unavailable }).toEqual({ status: 'ok', unavailable: [] });
    // Each answer that the client has is one that the server has counted.
    const served = server!.processes.reduce((sum, { answered }) => sum + answered, 0);
    expect(served).toBeGreaterThanOrEqual(load!.total.succeeded);
    expect(cpu!.cores.map((core) => core.hosts)).toEqual([['tom'], ['jerry']]);
    expect(kernel!.tom.tcp['PassiveOpens']).toBeGreaterThanOrEqual(load!.total.succeeded);
  }
  const text = readFileSync(join(runDirectory(workplace), 'manifest.json'), 'utf8');
  const { environment } = manifestSchema.parse(JSON.parse(text));
  expect(environment.hostKind).toBe('ssh');
  expect(environment.hosts).toMatchObject([
    { role: 'tom', clockUncertaintyMs: expect.any(Number) },
    { role: 'jerry', clockUncertaintyMs: expect.any(Number) },
  ]);
  expect(hosts.processes()).toEqual([]);
});
