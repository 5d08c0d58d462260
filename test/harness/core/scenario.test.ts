import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scenarioSchema } from '../../../harness/core/scenario.ts';
import smoke from '../../../scenarios/smoke.ts';

const problems = (change: object): string[] =>
  scenarioSchema
    .safeParse({ ...smoke, ...change })
    .error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];

describe('scenarioSchema', () => {
  it('accepts every scenario that comes with forkbench, under its file name', async () => {
    const files = readdirSync('scenarios').filter((name) => name.endsWith('.ts'));
    expect(files).toContain('single-core.ts');
    for (const file of files) {
      const module = (await import(`../../../scenarios/${file}`)) as { default: unknown };
      expect(scenarioSchema.parse(module.default).name).toBe(file.replace('.ts', ''));
    }
  });

  it.each([
    [{ baseline: 'nginx' }, /baseline: is none of blocking-serial/],
    [{ concurrencies: [5, 5] }, /concurrencies: a concurrency is there twice/],
    [{ concurrencies: [0] }, /concurrencies\.0/],
    [
      { variants: [...smoke.variants, smoke.variants[0]!] },
      /variants\.3\.id: "blocking-serial" is there twice/,
    ],
    [
      { loads: [{ id: 'epoll' }, { id: 'epoll', params: { close: 'reset' } }] },
      /loads\.1\.id: "epoll" is there twice/,
    ],
    [{ name: 'Smoke Test' }, /name: use lower-case letters/],
    [{ hosts: { tomCores: 0 } }, /hosts\.tomCores/],
    [{ colour: 'red' }, /colour/],
    [
      {
        plans: {
          ...smoke.plans,
          quick: { blocks: 1, windows: [{ fromConcurrency: 20, warmupMs: 0, windowMs: 100 }] },
        },
      },
      /plans\.quick\.windows: no rule covers concurrencies below 20/,
    ],
  ])('refuses %j and names the field', (change, message) => {
    expect(problems(change).join('\n')).toMatch(message);
  });
});
