import type { Environment } from '../../core/manifest.ts';
import type { PageAnalysis } from '../../analysis/page.ts';
import { formatCount, formatInstant, listOf, plural } from '../format.ts';
import { blocks, code, details, escapeText, table } from '../markdown.ts';
import { shardsText } from '../shards.ts';

/** Where it was measured. What is long is folded away. */
export function environmentSection({ run }: PageAnalysis): string {
  const { environment, git, versions, programs, createdAt, changes } = run.manifest;
  const facts: readonly (readonly [string, string])[] = [
    ['measured', formatInstant(createdAt)],
    ['machine', machineText(environment)],
    ['system', escapeText(`${environment.operatingSystem}, kernel ${environment.kernel}`)],
    ['hosts', hostsText(environment)],
    ...(environment.hosts ?? []).map(
      (host) => [`machine of ${escapeText(host.name)}`, hostText(host)] as const,
    ),
    ['harness', `${coresText(environment.harnessCores)}${environment.root ? ', as root' : ''}`],
    [
      'versions',
      escapeText(
        Object.entries(versions)
          .sort()
          .map(([name, version]) => `${name}: ${version}`)
          .join('; '),
      ),
    ],
    ['programs', programsText(programs)],
    ['commit', commitText(git)],
  ];
  return blocks([
    '## Environment',
    table(['', ''], facts, ['l', 'l']),
    shardsText(run.manifest),
    details(
      'Kernel settings of both hosts, mitigations, and what the run changed',
      blocks([
        settingsTable(environment),
        listed('Mitigations:', mitigationLines(environment.mitigations)),
        listed('Changed for the run, and undone at its end:', changes.map(escapeText)),
      ]),
    ),
  ]);
}

/** Where it was measured, in a line. */
export function environmentText({ cpuModel, cpuCount, kernel, hostKind, hosts = [] }: Environment): string {
  const here = `${cpuModel}, ${plural(cpuCount, 'CPU')}, kernel ${kernel}, ${hostKind}`;
  const names = hosts.map(({ name, cpuModel: cpu }) => `${name} (${cpu})`);
  return escapeText(names.length === 0 ? here : `${here}: ${names.join(', ')}`);
}

type Hardware = Pick<Environment, 'cpuModel' | 'cpuCount' | 'memoryMb' | 'virtualization'>;

function machineText({ cpuModel, cpuCount, memoryMb, virtualization }: Hardware): string {
  const machine = `${cpuModel}, ${cpuCount} CPUs, ${formatCount(memoryMb)} MB`;
  return escapeText(virtualization === null ? machine : `${machine}, virtualised (${virtualization})`);
}

function hostText(host: NonNullable<Environment['hosts']>[number]): string {
  const title = host.role === 'tom' ? 'Tom' : 'Jerry';
  const system = escapeText(`${host.operatingSystem}, kernel ${host.kernel}`);
  const clock = `clock ${host.clockOffsetMs} ms ahead of the harness (± ${host.clockUncertaintyMs} ms)`;
  const programs = host.programsBuiltThere ? '; programs built there' : '';
  return `${title}: ${machineText(host)}; ${system}; ${clock}${host.root ? '' : '; without root'}${programs}`;
}

function coresText(cores: readonly number[]): string {
  return cores.length === 0
    ? 'any core'
    : `${cores.length === 1 ? 'core' : 'cores'} ${listOf(cores.map(String))}`;
}

function hostsText({ hostKind, hostNote, sharedCores, tom, jerry, otherJerries = [] }: Environment): string {
  const host = (name: string, side: Environment['tom']): string => {
    const packets =
      side.receiveCores === null
        ? 'packets where the kernel likes'
        : `packets received on ${coresText(side.receiveCores)}`;
    return `${name} ${side.address} on ${coresText(side.cores)}, ${packets}`;
  };
  const shared = sharedCores.length > 0 ? `; shared: ${coresText(sharedCores)}` : '';
  const others = otherJerries.map((one, at) => `; ${host(`Jerry ${at + 2}`, one)}`);
  const note = hostNote === null ? '' : `. ${hostNote}`;
  return escapeText(
    `${hostKind}: ${host('Tom', tom)}; ${host('Jerry', jerry)}${others.join('')}${shared}${note}`,
  );
}

function programsText(programs: Readonly<Record<string, string>>): string {
  return Object.entries(programs)
    .sort()
    .map(([name, hash]) => `${escapeText(name)} ${code(hash.slice(0, 12))}`)
    .join(', ');
}

/** The commit that a run was made at, and whether of that alone. */
export function commitText({ commit, dirty }: PageAnalysis['run']['manifest']['git']): string {
  if (commit === null) return 'unknown';
  return `${code(commit.slice(0, 12))}${dirty === true ? ', with changes that were not committed' : ''}`;
}

function settingsTable({ tom, jerry }: Environment): string {
  const names = [...new Set([...Object.keys(tom.sysctls), ...Object.keys(jerry.sysctls)])].sort();
  const value = (side: Environment['tom'], name: string): string => {
    const text = side.sysctls[name];
    return text === undefined ? '' : escapeText(text);
  };
  return table(
    ['setting', 'Tom', 'Jerry'],
    names.map((name) => [code(name), value(tom, name), value(jerry, name)]),
    ['l', 'l', 'l'],
  );
}

/** Flaws that the CPU does not have are worth one line together. */
function mitigationLines(mitigations: Environment['mitigations']): string[] {
  const entries = Object.entries(mitigations).sort();
  const unaffected = entries.filter(([, state]) => state === 'Not affected').map(([name]) => code(name));
  const others = entries.filter(([, state]) => state !== 'Not affected');
  return [
    ...others.map(([name, state]) => `${code(name)} ${escapeText(state)}`),
    ...(unaffected.length > 0 ? [`Not affected: ${unaffected.join(', ')}`] : []),
  ];
}

function listed(title: string, items: readonly string[]): string | null {
  return items.length === 0 ? null : [title, '', ...items.map((item) => `- ${item}`)].join('\n');
}
