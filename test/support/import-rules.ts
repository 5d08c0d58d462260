import type { Import } from './import-graph.ts';

/** Where a layer may import from, itself aside. `commands` composes, so it may name everything but plug-ins. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  engine: ['core'],
  analysis: ['core'],
  effects: ['core'],
  plugins: ['core', 'effects'],
  render: ['core', 'analysis'],
  commands: ['core', 'engine', 'analysis', 'effects', 'render'],
  scenarios: ['core'],
  // The command lines, and what they ask first.
  'run.ts': ['require-setup.ts', 'commands'],
  'report.ts': ['require-setup.ts', 'commands'],
  'doctor.ts': ['require-setup.ts', 'commands'],
  'explain.ts': ['require-setup.ts', 'commands'],
  'compare.ts': ['require-setup.ts', 'commands'],
  'merge.ts': ['require-setup.ts', 'commands'],
  'verify.ts': ['require-setup.ts', 'commands'],
  'require-setup.ts': [],
};

/** Layers that compute and do nothing else: Node's own modules are effects. */
const pureLayers = ['core', 'analysis', 'render', 'scenarios'];

/** The only file that imports by a computed name: it loads plug-ins and scenarios. */
const registry = 'harness/effects/registry.ts';

/** The layer of a file of ours; null for packages. Files at the top of harness/ are layers of their own. */
function layerOf(path: string): string | null {
  const [top, second] = path.split('/');
  if (top === 'scenarios') return 'scenarios';
  return top === 'harness' ? (second ?? null) : null;
}

/** Every import that breaks a rule, as `from -> to: rule`. */
export function violations(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to }) => {
    const rule = brokenRule(from, to);
    return rule === null ? [] : [`${from} -> ${to ?? 'a computed name'}: ${rule}`];
  });
}

function brokenRule(from: string, to: string | null): string | null {
  const layer = layerOf(from);
  const allowed = layer === null ? undefined : mayImport[layer];
  if (layer === null || allowed === undefined) return 'this directory has no rule: say what it may import';
  if (to === null) return from === registry ? null : `only ${registry} may import by a computed name`;
  const target = layerOf(to);
  if (target === null) {
    if (/^(harness|test|scripts|clients|servers)\b/.test(to) || to.startsWith('..'))
      return 'not a part of the harness';
    return to.startsWith('node:') && pureLayers.includes(layer) ? `${layer} is pure` : null;
  }
  if (layer === 'plugins' && target === 'plugins') return 'plug-ins never import each other';
  if (layer === target || allowed.includes(target)) return null;
  return `${layer} may import ${allowed.length === 0 ? 'nothing of ours' : `only ${allowed.join(', ')}`}`;
}
