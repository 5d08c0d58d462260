import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { throughput, type RepeatRecord } from '../../harness/core/record.ts';
import smoke from '../../scenarios/smoke.ts';
import {
  makeWorkplace,
  readAllRecords,
  runDirectory,
  startCommand,
  startHarness,
  type Workplace,
} from '../support/harness.ts';

let workplace: Workplace;
beforeEach(() => void (workplace = makeWorkplace()));
afterEach(() => workplace.remove());

const conditionOf = ({ cell }: RepeatRecord): unknown => cell.factors['condition'];

it(
  'a rate is its share of what the same block served, also where the run is gone on with',
  { timeout: 200_000 },
  async () => {
    const scenario = join(workplace.out, 'half.json.ts');
    const { traced: _traced, ...rest } = smoke;
    const half = {
      ...rest,
      name: 'half',
      ceiling: false,
      variants: smoke.variants.slice(0, 1),
      concurrencies: [20],
      conditions: [
        { id: 'half', label: '50 %', loadParams: { rate: '50%', arrivals: 'poisson' }, rateOf: 'capacity' },
        { id: 'capacity', label: 'closed loop', concurrencies: [5] },
      ],
    };
    writeFileSync(scenario, `export default ${JSON.stringify(half)};`);
    const first = await startHarness(workplace, [
      '--scenario',
      scenario,
      '--repeats',
      '2',
      '--duration',
      '300ms',
    ]);
    expect(first.exitCode, `${first.stdout}\n${first.stderr}`).toBe(0);
    const rates = (): number[] =>
      readAllRecords(workplace).flatMap((record, at, all) => {
        if (conditionOf(record) !== 'half') return [];
        const capacity = all[at - 1]!;
        expect(conditionOf(capacity)).toBe('capacity');
        expect(capacity.block).toBe(record.block);
        expect(record.load?.openLoop?.rate).toBeCloseTo(throughput(capacity.load!) / 2, 2);
        return [record.load!.openLoop!.rate];
      });
    const asked = rates();
    expect(asked).toHaveLength(2);

    const directory = runDirectory(workplace);
    const journal = join(directory, 'records.ndjson');
    writeFileSync(
      journal,
      readFileSync(journal, 'utf8').trimEnd().split('\n').slice(0, -1).join('\n') + '\n',
    );
    // As if the run had been killed before it could write that record.
    const manifest = join(directory, 'manifest.json');
    const told = JSON.parse(readFileSync(manifest, 'utf8')) as {
      completedAt?: string;
      attempts: { outcome: string }[];
    };
    told.attempts.at(-1)!.outcome = 'running';
    delete told.completedAt;
    writeFileSync(manifest, JSON.stringify(told));
    const second = await startHarness(workplace, ['--resume', directory]);
    expect(second.exitCode, `${second.stdout}\n${second.stderr}`).toBe(0);
    expect(rates()).toEqual(asked);

    const { exitCode, stdout } = await startCommand('verify', [directory]);
    expect(stdout).toContain('2 of 2 rates that are their share of a capacity');
    expect(exitCode, stdout).toBe(0);
  },
);
