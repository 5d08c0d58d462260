import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifestSchema, type Manifest } from '../../harness/core/manifest.ts';
import { filesAsHex } from '../support/raw-files.ts';
import { makeWorkplace, startCommand, startHarness, type Workplace } from '../support/harness.ts';

/* Two shards of a small plan, measured, joined, and looked at by every command that takes a run. */

const small = [
  ...['--scenario', 'smoke', '--variants', 'blocking-serial,epoll-prefork-1', '--concurrency', '5'],
  ...['--duration', '200ms', '--repeats', '3', '--progress', 'plain'],
];

describe('shards', { timeout: 300_000 }, () => {
  let workplace: Workplace;
  let runs: string[];
  const place = (name: string): string => join(workplace.out, name);
  const runsIn = (name: string): string[] => {
    const results = join(place(name), 'results', 'smoke');
    return readdirSync(results).map((run) => join(results, run));
  };
  const shard = (part: string, name: string) =>
    startHarness({ ...workplace, out: place(name) }, [...small, '--seed', '7', '--shard', part]);
  const merge = (...args: string[]) => startCommand('merge', args);
  const manifestOf = (run: string): Manifest =>
    manifestSchema.parse(JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8')));
  /** A copy of a shard with something else in its manifest. */
  const changed = (run: string, name: string, edit: (manifest: Manifest) => void): string => {
    cpSync(run, place(name), { recursive: true });
    const manifest = manifestOf(run);
    edit(manifest);
    writeFileSync(join(place(name), 'manifest.json'), JSON.stringify(manifest));
    return place(name);
  };

  beforeAll(async () => {
    workplace = makeWorkplace();
    for (const part of [1, 2]) {
      const ended = await shard(`${part}/2`, `shard-${part}`);
      if (ended.exitCode !== 0) throw new Error(String(ended.stderr));
    }
    runs = [...runsIn('shard-1'), ...runsIn('shard-2')];
  }, 300_000);
  afterAll(() => workplace.remove());

  it('make whole blocks and are joined to a run that every command takes', async () => {
    const blocks = runs.map((run) => [...new Set(manifestOf(run).repeats.map(({ block }) => block))]);
    expect(blocks).toEqual([
      [0, 1, 3],
      [0, 2],
    ]);
    const merged = await merge(...runs.toReversed(), '--out', place('merged'));
    expect(merged.stderr).toBe('');
    expect(merged.exitCode).toBe(0);
    expect(merged.stdout).toContain('joined 2 of 2 shards');
    const [run] = runsIn('merged') as [string];

    const manifest = manifestOf(run);
    expect(manifest.merged?.shards.map(({ index }) => index)).toEqual([1, 2]);
    expect(manifest.completedAt).toBeDefined();
    // Raw output is carried over as it is.
    expect(filesAsHex(join(run, 'raw'))).toEqual({
      ...filesAsHex(join(runs[0]!, 'raw')),
      ...filesAsHex(join(runs[1]!, 'raw')),
    });

    const verified = await startCommand('verify', [run]);
    expect(verified.stdout).toContain('everything holds');
    expect(verified.exitCode).toBe(0);
    const places = [
      '--results',
      join(place('merged'), 'results'),
      '--reports',
      join(place('merged'), 'reports'),
    ];
    const checked = await startCommand('report', ['--check', run, ...places]);
    expect(checked.stderr).toBe('');
    expect(checked.exitCode).toBe(0);
    const page = readFileSync(join(place('merged'), 'reports', 'smoke.md'), 'utf8');
    expect(page).toContain('The run was joined of 2 shards');
    expect(page).toContain(`\`${manifest.merged!.shards[1]!.runId}\``);
    expect(page).toContain('medians of 3 blocks');

    const compared = await startCommand('compare', [runs[0]!, run]);
    expect(compared.exitCode, compared.stderr).toBe(0);
    const explained = await startCommand('explain', [run]);
    expect(explained.exitCode, explained.stderr).toBe(0);

    const resumed = await startHarness(workplace, ['--resume', run]);
    expect(resumed.exitCode).toBe(2);
    expect(resumed.stderr).toContain('was joined of shards');
    const again = await merge(...runs, '--out', place('merged'));
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain('is there already');
  });

  it('are refused where they do not belong together, and both runs and the field are named', async () => {
    const [first, second] = runs as [string, string];
    const refused: [string, (manifest: Manifest) => void, RegExp][] = [
      [
        'scenario',
        ({ scenario }) => void (scenario.title = 'another'),
        /scenario, title \(.*, then another\)/,
      ],
      ['plan', ({ shard: part }) => void (part!.plan = 'f'.repeat(64)), /plan \(\w{12}, then f{12}\)/],
      ['seed', (manifest) => void (manifest.randomSeed = 8), /random seed \(7, then 8\)/],
      ['schema', (manifest) => void (manifest.schema = 1), /schema version \(2, then 1\)/],
      [
        'program',
        ({ programs }) => void (programs['blocking-serial'] = '0'.repeat(64)),
        /program blocking-serial \(\w{12}, then 0{12}\)/,
      ],
      [
        'kind',
        ({ environment }) => void (environment.hostKind = 'loopback'),
        /kind of hosts \(netns, then loopback\)/,
      ],
      ['kernel', ({ environment }) => void (environment.kernel = '2.6.32'), /kernel \(.*, then 2\.6\.32\)/],
      ['cpu', ({ environment }) => void (environment.cpuModel = 'Z80'), /CPU \(.*, then Z80\)/],
      ['of', ({ shard: part }) => void (part!.of = 3), /number of shards \(2, then 3\)/],
      ['whole', (manifest) => void delete manifest.shard, /is no shard: it made a whole plan/],
    ];
    for (const [name, edit, reason] of refused) {
      const other = changed(second, `other-${name}`, edit);
      const { exitCode, stderr } = await merge(first, other, '--out', place('refused'));
      expect(stderr).toMatch(reason);
      expect(stderr).toContain(`other-${name}`);
      if (name !== 'whole') expect(stderr).toContain(first.slice(first.lastIndexOf('/') + 1));
      expect(exitCode).toBe(2);
    }
    const twice = await merge(first, first, '--out', place('refused'));
    expect(twice.stderr).toMatch(/and .* are both shard 1 of 2/);
    expect(twice.exitCode).toBe(2);
    expect(readdirSync(workplace.out)).not.toContain('refused');
  });

  it('may be missing only where that is asked for, and the report says so', async () => {
    const [, second] = runs as [string, string];
    const gap = await merge(second, '--out', place('partial'));
    expect(gap.exitCode).toBe(2);
    expect(gap.stderr).toContain('of 2 shards number 1 is missing');
    const partial = await merge(second, '--partial', '--out', place('partial'));
    expect(partial.exitCode, partial.stderr).toBe(0);
    expect(partial.stdout).toContain('missing: 1/2');
    const page = readFileSync(join(place('partial'), 'reports', 'smoke.md'), 'utf8');
    expect(page).toContain('Of 2 shards 1 is missing, with its blocks.');
    const verified = await startCommand('verify', runsIn('partial'));
    expect(verified.exitCode, verified.stdout).toBe(0);
  });

  it('need a seed, blocks enough and no precision', async () => {
    const tries: [string[], string][] = [
      [['--shard', '1/2'], 'without the same random seed'],
      [['--shard', '1/9', '--seed', '1'], '9 shards cannot share a plan of 3 blocks'],
      [['--shard', '3/2', '--seed', '1'], '"3/2" is no shard'],
      [['--shard', '0/2', '--seed', '1'], '"0/2" is no shard'],
      [['--shard', '1/2', '--seed', '1', '--precision', '5%'], '--shard and --precision exclude each other'],
    ];
    for (const [args, reason] of tries) {
      const { exitCode, stderr } = await startHarness(workplace, [...small, ...args, '--dry-run']);
      expect(stderr).toContain(reason);
      expect(exitCode).toBe(2);
    }
  });
});
