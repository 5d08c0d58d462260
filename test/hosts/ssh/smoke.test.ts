import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifestSchema, type Manifest } from '../../../harness/core/manifest.ts';
import { makeWorkplace, readAllRecords, runDirectory, type Workplace } from '../../support/harness.ts';
import { makeSshHosts, sshdMissing, type SshHosts } from '../../support/ssh-hosts.ts';

const missing = sshdMissing();

describe('the smoke scenario on hosts by ssh', { timeout: 200_000 }, () => {
  let workplace: Workplace;
  let hosts: SshHosts | undefined;
  beforeEach(() => void (workplace = makeWorkplace()));
  afterEach(async () => {
    await hosts?.close();
    hosts = undefined;
    workplace.remove();
  });
  const smokeOn = async (made: SshHosts, ...more: string[]): Promise<string> => {
    const run = await made.startRun(workplace, '--scenario', 'smoke', '--hosts', made.file, ...more);
    expect(run.exitCode, `${run.stdout}${run.stderr}`).toBe(0);
    expect(made.processes()).toEqual([]);
    return `${run.stdout}${run.stderr}`;
  };
  const manifest = (): Manifest =>
    manifestSchema.parse(JSON.parse(readFileSync(join(runDirectory(workplace), 'manifest.json'), 'utf8')));
  const one = [
    '--variants',
    'epoll-prefork-1',
    '--concurrency',
    '6',
    '--repeats',
    '1',
    '--duration',
    '400ms',
  ];

  it('runs as it does in namespaces', async (context) => {
    if (missing !== null) context.skip(missing);
    hosts = await makeSshHosts();
    await smokeOn(hosts);
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
    const { environment } = manifest();
    expect(environment.hostKind).toBe('ssh');
    expect(environment.hosts).toMatchObject([
      { role: 'tom', clockUncertaintyMs: expect.any(Number) },
      { role: 'jerry', clockUncertaintyMs: expect.any(Number) },
    ]);
  });

  // A busy machine may start them further apart than is allowed, which fails the repeat, as it should.
  it('is loaded by two Jerrys together', { retry: 2 }, async (context) => {
    if (missing !== null) context.skip(missing);
    hosts = await makeSshHosts({ jerries: 2 });
    await smokeOn(hosts, ...one);
    const timed = readAllRecords(workplace).filter(({ pass }) => pass === 'timed');
    expect(timed).toHaveLength(1);
    const [{ status, unavailable, load, kernel, link, cpu }] = timed as [(typeof timed)[number]];
    expect({ status, unavailable }).toEqual({ status: 'ok', unavailable: [] });
    const { hosts: jerries, startSpreadMs } = load!.jerries!;
    expect(jerries.map(({ concurrency }) => concurrency)).toEqual([3, 3]);
    for (const { succeeded } of jerries) expect(succeeded).toBeGreaterThan(0);
    expect(startSpreadMs).toBeLessThanOrEqual(10);
    // Of both: what one alone did would be about half.
    expect(kernel!.jerry.tcp['ActiveOpens']).toBe(load!.total.started);
    expect(link!.jerry.sentPackets).toBeGreaterThan(3 * load!.window.succeeded);
    expect(cpu!.processes.filter(({ host }) => host === 'jerry')).not.toEqual([]);
    expect(manifest().environment.hosts?.map(({ name }) => name)).toEqual(['tom', 'jerry', 'jerry-2']);
  });

  it('has root by sudo where the user may run it without a password', async (context) => {
    if (missing !== null) context.skip(missing);
    hosts = await makeSshHosts({ user: 'with sudo' });
    const said = await smokeOn(hosts, ...one);
    expect(said).toContain('probes and settings that need root have it by sudo -n');
    for (const { status, unavailable } of readAllRecords(workplace)) {
      expect({ status, unavailable }).toEqual({ status: 'ok', unavailable: [] });
    }
  });

  it('runs with less where nothing can be done as root', async (context) => {
    if (missing !== null) context.skip(missing);
    hosts = await makeSshHosts({ user: 'without sudo' });
    const said = await smokeOn(hosts, ...one);
    expect(said).toContain('let the user run sudo without a password, or name ansible_user: root');
    for (const { status, load } of readAllRecords(workplace)) {
      expect(status).toBe('ok');
      expect(load!.window.succeeded).toBeGreaterThan(0);
    }
  });
});
