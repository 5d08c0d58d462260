import { readdir } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.ts';
import type { Disturbance, HostKind, Load, Probe, Variant } from '../core/plugin.ts';
import { scenarioFileSchema, type Scenario } from '../core/scenario.ts';
import { projectRoot } from './machine.ts';

interface Kinds {
  variants: Variant;
  loads: Load;
  probes: Probe;
  hosts: HostKind;
  disturbances: Disturbance;
}

/** Loads the plug-in `harness/plugins/<kind>/<name>.ts`: adding one means adding a file. Throws UserError if none. */
export async function loadPlugin<K extends keyof Kinds>(kind: K, name: string): Promise<Kinds[K]> {
  const directory = join(projectRoot, 'harness', 'plugins', kind);
  const names = await moduleNames(directory);
  if (!names.includes(name)) {
    throw new UserError(`there is no ${kind.slice(0, -1)} "${name}"`, `choose from ${names.join(', ')}`);
  }
  const module = (await import(pathToFileURL(join(directory, `${name}.ts`)).href)) as { default: Kinds[K] };
  return module.default;
}

/** The names of all plug-ins of one kind, sorted. */
export async function pluginNames(kind: keyof Kinds): Promise<string[]> {
  return moduleNames(join(projectRoot, 'harness', 'plugins', kind));
}

async function moduleNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory);
  return entries
    .filter((entry) => extname(entry) === '.ts')
    .map((entry) => basename(entry, '.ts'))
    .sort();
}

const scenarioDir = join(projectRoot, 'scenarios');

/** The names of the scenarios that come with forkbench, sorted. */
export async function scenarioNames(): Promise<string[]> {
  return moduleNames(scenarioDir);
}

/** Loads a scenario by its name or from a file, and checks it. Throws UserError that names the file and the field. */
export async function loadScenario(nameOrFile: string): Promise<Scenario> {
  const isFile = nameOrFile.includes('/') || nameOrFile.endsWith('.ts');
  const names = await scenarioNames();
  if (!isFile && !names.includes(nameOrFile)) {
    throw new UserError(
      `--scenario: there is no scenario "${nameOrFile}"`,
      `choose from ${names.join(', ')}, or name a file such as ./my-scenario.ts`,
    );
  }
  const path = isFile ? resolve(nameOrFile) : join(scenarioDir, `${nameOrFile}.ts`);
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  } catch (error) {
    throw new UserError(
      `--scenario: ${nameOrFile} cannot be loaded: ${messageOf(error)}`,
      'check the path and the file',
    );
  }
  if (module.default === undefined) {
    throw new UserError(
      `--scenario: ${nameOrFile} has no default export`,
      'write: export default defineScenario({ ... })',
    );
  }
  const parsed = scenarioFileSchema.safeParse(module.default);
  if (parsed.success) return parsed.data;
  throw new UserError(
    `--scenario: ${nameOrFile} is not a valid scenario:\n${z.prettifyError(parsed.error)}`,
    'mend the fields named above; harness/core/scenario.ts says what each may be',
  );
}
