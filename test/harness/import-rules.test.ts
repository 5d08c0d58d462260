import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cycles, importsOf } from '../support/import-graph.ts';
import { violations } from '../support/import-rules.ts';
import { filesBelow, repository } from '../support/repository.ts';

const files = [...filesBelow('harness'), ...filesBelow('scenarios')].filter((file) => file.endsWith('.ts'));
const imports = files.flatMap((file) => importsOf(file, readFileSync(join(repository, file), 'utf8')));

describe('imports of the harness and its scenarios', () => {
  it('were all found', () => {
    const layers = new Set(files.map((file) => file.split('/').slice(0, 2).join('/')));
    for (const layer of ['analysis', 'commands', 'core', 'effects', 'engine', 'plugins', 'render']) {
      expect(layers).toContain(`harness/${layer}`);
    }
    expect(imports).toContainEqual({ from: 'harness/run.ts', to: 'harness/commands/run-main.ts' });
    expect(imports).toContainEqual({ from: 'harness/effects/registry.ts', to: null });
    expect(imports).toContainEqual({ from: 'harness/core/scenario.ts', to: 'zod' });
  });

  it('go one way', () => {
    expect(violations(imports)).toEqual([]);
  });

  it('have no cycles', () => {
    expect(cycles(imports)).toEqual([]);
  });
});

describe('the rules', () => {
  const broken = (from: string, source: string): string[] => violations(importsOf(from, source));

  it.each([
    [
      'harness/core/plan.ts',
      `import { run } from '../engine/run-plan.ts'`,
      'core may import nothing of ours',
    ],
    [
      'harness/core/plan.ts',
      `import type { Run } from '../effects/session.ts'`,
      'core may import nothing of ours',
    ],
    ['harness/core/plan.ts', `export * from '../analysis/cells.ts'`, 'core may import nothing of ours'],
    ['harness/core/plan.ts', `let x: import('../render/markdown.ts').Y`, 'core may import nothing of ours'],
    ['harness/core/plan.ts', `import { readFile } from 'node:fs/promises'`, 'core is pure'],
    ['harness/core/plan.ts', `export const x = await import(name)`, 'by a computed name'],
    [
      'harness/engine/repeat.ts',
      `import { start } from '../effects/processes.ts'`,
      'engine may import only core',
    ],
    [
      'harness/analysis/cells.ts',
      `const x = await import('../render/format.ts')`,
      'analysis may import only core',
    ],
    [
      'harness/effects/registry.ts',
      `import epoll from '../plugins/loads/epoll.ts'`,
      'effects may import only core',
    ],
    ['harness/plugins/loads/ab.ts', `import wrk from './wrk.ts'`, 'plug-ins never import each other'],
    [
      'harness/plugins/loads/ab.ts',
      `import s from '../probes/strace.ts'`,
      'plug-ins never import each other',
    ],
    ['harness/plugins/loads/ab.ts', `import { x } from '../../engine/repeat.ts'`, 'only core, effects'],
    ['harness/render/markdown.ts', `import '../effects/files.ts'`, 'render may import only core, analysis'],
    ['harness/commands/run-main.ts', `import x from '../plugins/hosts/netns.ts'`, 'commands may import only'],
    ['harness/commands/run-main.ts', `import '../run.ts'`, 'commands may import only'],
    ['harness/report.ts', `import './run.ts'`, 'report.ts may import only'],
    ['harness/require-setup.ts', `import './core/errors.ts'`, 'require-setup.ts may import nothing of ours'],
    [
      'scenarios/smoke.ts',
      `import { loads } from '../harness/effects/registry.ts'`,
      'scenarios may import only',
    ],
    ['harness/engine/repeat.ts', `import '../../test/support/proc.ts'`, 'not a part of the harness'],
    ['harness/engine/repeat.ts', `import '${'../'.repeat(3)}elsewhere.ts'`, 'not a part of the harness'],
    ['harness/newcomer/file.ts', `import 'zod'`, 'has no rule'],
  ])('see what is wrong in %s with %s', (from, source, rule) => {
    expect(broken(from, source)).toEqual([expect.stringContaining(rule)]);
  });

  it('see a cycle, through types too, and name the files on it', () => {
    const bad = [
      ...importsOf('harness/core/entry.ts', `import './a.ts'`),
      ...importsOf('harness/core/a.ts', `import './b.ts'`),
      ...importsOf('harness/core/b.ts', `import type { C } from './c.ts'`),
      ...importsOf('harness/core/c.ts', `export { a } from './a.ts'`),
    ];
    expect(cycles(bad)).toEqual([
      ['harness/core/a.ts', 'harness/core/b.ts', 'harness/core/c.ts', 'harness/core/a.ts'],
    ]);
  });

  it('refuse a file that cannot be parsed', () => {
    expect(() => importsOf('harness/core/a.ts', 'import {')).toThrow('harness/core/a.ts');
  });
});
