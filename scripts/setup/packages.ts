import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Each needs what those before it need, and more. */
export const purposes = ['run', 'bench', 'test'] as const;
export type Purpose = (typeof purposes)[number];

/** A Debian package, and the file by which one sees that what it provides is there, from wherever it came. */
export interface Requirement {
  readonly debianPackage: string;
  readonly provides:
    { readonly program: string } | { readonly header: string } | { readonly clangLibrary: string };
  /**
   * `build`: nothing works without it. `run`: forkbench runs with less. `bench`: a tool that the benchmark of load
   * generators compares. `test`: only the tests need it.
   */
  readonly neededTo: 'build' | Purpose;
  /** What is lost without it. */
  readonly without: string;
}

const nativeProgramsMissing = 'the servers and the load generator cannot be built';

const noGuests = 'no test on two virtual machines';

const notFuzzed = 'the request parser is not fuzzed';

export const requirements: readonly Requirement[] = [
  {
    debianPackage: 'g++',
    provides: { program: 'g++' },
    neededTo: 'build',
    without: nativeProgramsMissing,
  },
  {
    debianPackage: 'make',
    provides: { program: 'make' },
    neededTo: 'build',
    without: nativeProgramsMissing,
  },
  {
    debianPackage: 'libcli11-dev',
    provides: { header: 'CLI/CLI.hpp' },
    neededTo: 'build',
    without: nativeProgramsMissing,
  },
  {
    debianPackage: 'nlohmann-json3-dev',
    provides: { header: 'nlohmann/json.hpp' },
    neededTo: 'build',
    without: nativeProgramsMissing,
  },
  {
    debianPackage: 'liburing-dev',
    provides: { header: 'liburing.h' },
    neededTo: 'build',
    without: nativeProgramsMissing,
  },
  {
    debianPackage: 'iproute2',
    provides: { program: 'ip' },
    neededTo: 'run',
    without: 'no network namespaces for Tom and Jerry: only --hosts loopback',
  },
  {
    debianPackage: 'net-tools',
    provides: { program: 'netstat' },
    neededTo: 'run',
    without: 'no `netstat -s` text beside the kernel counters',
  },
  {
    debianPackage: 'strace',
    provides: { program: 'strace' },
    neededTo: 'run',
    without: 'no syscall profiles',
  },
  {
    debianPackage: 'iperf3',
    provides: { program: 'iperf3' },
    neededTo: 'run',
    without: 'no check of what the link can carry',
  },
  {
    debianPackage: 'openssh-client',
    provides: { program: 'ssh' },
    neededTo: 'test',
    without: 'no test of hosts by ssh',
  },
  {
    debianPackage: 'openssh-server',
    provides: { program: 'sshd' },
    neededTo: 'test',
    without: 'no test of hosts by ssh',
  },
  {
    debianPackage: 'sudo',
    provides: { program: 'sudo' },
    neededTo: 'test',
    without: 'no test of what an ordinary user can do on hosts by ssh',
  },
  {
    debianPackage: 'nginx-light',
    provides: { program: 'nginx' },
    neededTo: 'test',
    without: 'nginx cannot be measured, nor tested that it can',
  },
  {
    debianPackage: 'tmux',
    provides: { program: 'tmux' },
    neededTo: 'test',
    without: 'the view of a run on a terminal cannot be tested',
  },
  {
    debianPackage: 'slowhttptest',
    provides: { program: 'slowhttptest' },
    neededTo: 'test',
    without: 'no test with slow clients as attackers use them',
  },
  {
    debianPackage: 'tcpdump',
    provides: { program: 'tcpdump' },
    neededTo: 'run',
    without: 'no packets of clients that meet a full queue',
  },
  {
    debianPackage: 'clang',
    provides: { program: 'clang++' },
    neededTo: 'test',
    without: notFuzzed,
  },
  {
    debianPackage: 'libclang-rt-dev',
    provides: { clangLibrary: 'libclang_rt.fuzzer' },
    neededTo: 'test',
    without: notFuzzed,
  },
  {
    debianPackage: 'qemu-system-x86',
    provides: { program: 'qemu-system-x86_64' },
    neededTo: 'test',
    without: noGuests,
  },
  {
    debianPackage: 'cpio',
    provides: { program: 'cpio' },
    neededTo: 'test',
    without: noGuests,
  },
  {
    debianPackage: 'vagrant',
    provides: { program: 'vagrant' },
    neededTo: 'test',
    without: 'the Vagrantfile is not checked',
  },
  {
    debianPackage: 'wrk',
    provides: { program: 'wrk' },
    neededTo: 'bench',
    without: 'no --load wrk',
  },
  {
    debianPackage: 'apache2-utils',
    provides: { program: 'ab' },
    neededTo: 'bench',
    without: 'no --load ab',
  },
  {
    debianPackage: 'nghttp2-client',
    provides: { program: 'h2load' },
    neededTo: 'bench',
    without: 'no --load h2load',
  },
];

/** What the fuzzer is built with. */
export const clangRequirements = requirements.filter(({ without }) => without === notFuzzed);

/** Directories of administration programs, which Debian leaves out of a user's PATH. */
const administrationDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
const headerDirectories = ['/usr/include', '/usr/local/include'];
/** Holds a directory for each version of clang. */
const clangDirectory = '/usr/lib/clang';
const architectures: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
};

/** The file by which `requirement` is fulfilled, or null. */
export function find(
  requirement: Requirement,
  path: string = process.env['PATH'] ?? '',
  exists: (file: string) => boolean = existsSync,
  versionsOfClang: readonly string[] = clangVersions(),
): string | null {
  return candidates(requirement, path, versionsOfClang).find(exists) ?? null;
}

function candidates({ provides }: Requirement, path: string, versionsOfClang: readonly string[]): string[] {
  if ('program' in provides) {
    const directories = path.split(delimiter).filter((directory) => directory !== '');
    return [...directories, ...administrationDirectories].map((directory) =>
      join(directory, provides.program),
    );
  }
  if ('header' in provides) return headerDirectories.map((directory) => join(directory, provides.header));
  const file = `${provides.clangLibrary}-${architectures[process.arch] ?? process.arch}.a`;
  return versionsOfClang.map((version) => join(clangDirectory, version, 'lib/linux', file));
}

function clangVersions(): string[] {
  try {
    return readdirSync(clangDirectory);
  } catch {
    return [];
  }
}

/** What `purpose` asks for. */
export function requiredFor(purpose: Purpose): Requirement[] {
  const included: readonly Requirement['neededTo'][] = [
    'build',
    ...purposes.slice(0, purposes.indexOf(purpose) + 1),
  ];
  return requirements.filter(({ neededTo }) => included.includes(neededTo));
}

/** One line for each thing that is lost, naming the missing packages that are the reason. */
export function losses(missing: readonly Requirement[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { without, debianPackage } of missing) {
    reasons.set(without, [...(reasons.get(without) ?? []), debianPackage]);
  }
  return [...reasons].map(([loss, packages]) => `without ${packages.join(', ')}: ${loss}`);
}
