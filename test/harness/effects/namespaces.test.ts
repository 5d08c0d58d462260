import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../harness/core/plugin.ts';
import { cpuMask, namespaceProblem } from '../../../harness/effects/namespaces.ts';

/** A machine with these settings; all else that is asked of it is a defect. */
const machine = (root: boolean, settings: Readonly<Record<string, string>>): Machine =>
  ({
    root,
    async readFile(path: string) {
      const value = settings[path.replace('/proc/sys/', '').replaceAll('/', '.')];
      if (value === undefined) throw new Error(`ENOENT: ${path}`);
      return `${value}\n`;
    },
  }) as Machine;

describe('cpuMask', () => {
  it.each([
    [[0], '00000001'],
    [[1, 2], '00000006'],
    [[0, 33], '00000002,00000001'],
  ])('of cores %j is %s', (cores, mask) => {
    expect(cpuMask(cores)).toBe(mask);
  });
});

describe('namespaceProblem', () => {
  const none = { 'kernel.unprivileged_userns_clone': '1', 'user.max_user_namespaces': '96364' };

  it.each([
    ['kernel.apparmor_restrict_unprivileged_userns', '1', 'AppArmor', '=0'],
    ['kernel.unprivileged_userns_clone', '0', 'ordinary users', '=1'],
    ['user.max_user_namespaces', '0', 'no user namespaces', '=10000'],
  ])('names %s = %s and how to change it', async (name, value, reason, remedy) => {
    const problem = await namespaceProblem(machine(false, { ...none, [name]: value }), 'EPERM');
    expect(problem.reason).toContain(reason);
    expect(problem.reason).toContain(`(${name} = ${value})`);
    expect(problem.remedy).toContain(`sysctl -w ${name}${remedy}`);
  });

  it('does not hold what is meant for ordinary users against root', async () => {
    const problem = await namespaceProblem(machine(true, { 'user.max_user_namespaces': '0' }), 'EPERM');
    expect(problem.reason).not.toContain('user.max_user_namespaces');
    expect(problem.reason).toContain('EPERM');
  });

  it('tells what the attempt said where nothing else is known', async () => {
    const problem = await namespaceProblem(machine(false, none), 'ip: RTNETLINK answers: Not supported');
    expect(problem.reason).toContain('RTNETLINK answers: Not supported');
    expect(problem.remedy).toBe('run as root');
  });
});
