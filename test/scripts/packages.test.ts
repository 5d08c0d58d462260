import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { installCommand } from '../../scripts/setup/apt.ts';
import { find, losses, requiredFor, requirements } from '../../scripts/setup/packages.ts';

const requirement = (debianPackage: string) =>
  requirements.find((candidate) => candidate.debianPackage === debianPackage)!;

describe('find', () => {
  const machine = (...files: string[]) => ({ exists: (file: string) => files.includes(file) });

  it('looks for programs along PATH, in its order', () => {
    const { exists } = machine('/usr/bin/strace', '/opt/tools/strace');
    expect(find(requirement('strace'), '/opt/tools:/usr/bin', exists)).toBe('/opt/tools/strace');
  });

  it("finds an administrator's program that is not on a user's PATH", () => {
    const { exists } = machine('/usr/sbin/ip');
    expect(find(requirement('iproute2'), '/usr/bin:/bin', exists)).toBe('/usr/sbin/ip');
  });

  it('does not take an empty entry of PATH for the current directory', () => {
    const { exists } = machine('make');
    expect(find(requirement('make'), ':/usr/bin:', exists)).toBeNull();
  });

  it('looks for headers where the compiler does', () => {
    const { exists } = machine('/usr/local/include/CLI/CLI.hpp');
    expect(find(requirement('libcli11-dev'), '/usr/bin', exists)).toBe('/usr/local/include/CLI/CLI.hpp');
    expect(find(requirement('nlohmann-json3-dev'), '/usr/bin', exists)).toBeNull();
  });
});

describe('libraries of clang', () => {
  const library = requirement('libclang-rt-dev');
  const isLibrary = (file: string): boolean => /^\/usr\/lib\/clang\/18\/.*fuzzer-\w+\.a$/.test(file);

  it('are looked for in each version that is installed', () => {
    expect(find(library, '/usr/bin', isLibrary, ['14', '18'])).toMatch(/\/18\//);
  });

  it('are missing when clang is, or has none', () => {
    expect(find(library, '/usr/bin', () => true, [])).toBeNull();
    expect(find(library, '/usr/bin', isLibrary, ['14'])).toBeNull();
  });
});

describe('what is asked for', () => {
  it('has the tools of others where the benchmark compares load generators with them', () => {
    const names = requiredFor('bench').map(({ debianPackage }) => debianPackage);
    expect(names).toEqual(
      expect.arrayContaining(['g++', 'strace', 'wrk', 'apache2-utils', 'nghttp2-client']),
    );
    expect(names).not.toContain('clang');
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts['bench:generator']).toMatch(/bootstrap\.sh bench scripts\/bench-generator\.ts$/);
  });

  it('grows from running to testing', () => {
    expect(requiredFor('test')).toEqual(expect.arrayContaining(requiredFor('run')));
    expect(requiredFor('run').every((needed) => needed.neededTo !== 'test')).toBe(true);
  });
});

describe('messages', () => {
  it('name each loss once, with the packages that are the reason', () => {
    expect(losses([requirement('g++'), requirement('strace'), requirement('make')])).toEqual([
      'without g++, make: the servers and the load generator cannot be built',
      'without strace: no syscall profiles',
    ]);
  });

  it('give one command, with sudo unless root reads it', () => {
    expect(installCommand(['make', 'strace'], 'none')).toBe(
      'sudo apt-get update && sudo apt-get install -y --no-install-recommends make strace',
    );
    expect(installCommand(['make'], 'root')).toBe(
      'apt-get update && apt-get install -y --no-install-recommends make',
    );
  });
});
