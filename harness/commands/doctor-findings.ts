import { readFile } from 'node:fs/promises';
import { messageOf, UserError } from '../core/errors.ts';
import type { HostName, Machine, Problem } from '../core/plugin.ts';
import { variantChoiceSchema } from '../core/scenario.ts';
import { loadPlugin, pluginNames } from '../effects/registry.ts';

/** One thing that a machine has, or what is wrong with it and the command that mends that. */
export interface Finding {
  readonly part: string;
  readonly name: string;
  readonly problem: string | null;
  readonly remedy: string | null;
}

/** Every plug-in, asked whether it can be used here. */
export async function examinePlugins(machine: Machine): Promise<Finding[]> {
  const findings: Finding[] = [];
  const ask = async (part: string, name: string, check: () => Promise<Problem | null>): Promise<void> => {
    const problem = await check().catch(problemOf);
    findings.push({ part, name, problem: problem?.reason ?? null, remedy: problem?.remedy ?? null });
  };
  for (const name of await pluginNames('hosts')) {
    const hosts = await loadPlugin('hosts', name);
    await ask('hosts', name, () => hosts.check(machine));
  }
  for (const name of await pluginNames('loads')) {
    const load = await loadPlugin('loads', name);
    await ask('loads', name, () => load.check(machine, { id: name, params: {} }));
  }
  for (const name of await pluginNames('probes')) {
    const probe = await loadPlugin('probes', name);
    await ask('probes', name, () => probe.check(machine));
  }
  // A server of one's own is a command, and there is none to ask about.
  for (const name of (await pluginNames('variants')).filter((one) => one !== 'command')) {
    const variant = await loadPlugin('variants', name);
    const choice = variantChoiceSchema.parse({ id: name, label: name, plugin: name });
    await ask('servers', name, () => variant.check(machine, choice));
  }
  return findings;
}

/** The same of two machines: each is asked for what it would do. */
export async function examineHosts(machines: Readonly<Record<HostName, Machine>>): Promise<Finding[]> {
  const of = async (host: HostName, parts: readonly string[]): Promise<Finding[]> =>
    (await examinePlugins(machines[host]))
      .filter(({ part }) => parts.includes(part))
      .map((finding) => ({ ...finding, part: `${finding.part} of ${host}` }));
  return [...(await of('tom', ['probes', 'servers'])), ...(await of('jerry', ['loads']))];
}

function problemOf(error: unknown): Problem {
  const remedy = error instanceof UserError ? error.remedy : undefined;
  return { reason: messageOf(error), ...(remedy === undefined ? {} : { remedy }) };
}

/** What the seed's grid needs at its largest concurrency, with room for what else is open. */
const neededFiles = 3000 + 64;
const neededPorts = 3000;

/** Limits of this machine that a grid up to 3000 connections runs into. */
export async function examineLimits(): Promise<Finding[]> {
  const files = Number(/^Max open files\s+\S+\s+(\S+)/m.exec(await text('/proc/self/limits'))?.[1]);
  const [first = 0, last = 0] = (await text('/proc/sys/net/ipv4/ip_local_port_range'))
    .split(/\s+/)
    .map(Number);
  const backlog = Number(await text('/proc/sys/net/core/somaxconn'));
  const limit = (name: string, found: number, needed: number, remedy: string): Finding => ({
    part: 'limits',
    name: `${name} ${Number.isNaN(found) ? 'unlimited' : found}`,
    problem: found < needed ? `a grid up to 3000 connections needs ${needed}` : null,
    remedy: found < needed ? remedy : null,
  });
  return [
    limit('open files', files, neededFiles, `ulimit -n ${neededFiles} as root`),
    limit(
      'local ports',
      last - first + 1,
      neededPorts,
      'sysctl -w net.ipv4.ip_local_port_range="1024 65535"',
    ),
    limit('net.core.somaxconn', backlog, 128, 'sysctl -w net.core.somaxconn=4096'),
  ];
}

const text = async (path: string): Promise<string> => (await readFile(path, 'utf8').catch(() => '')).trim();
