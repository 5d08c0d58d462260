import { describe, expect, it } from 'vitest';
import { cpuGroup, ownGroup } from '../../../harness/effects/control-groups.ts';

const mounted = (root: string, at: string): string =>
  [
    '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
    '40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd',
    `41 31 0:38 ${root} ${at} rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate`,
    '',
  ].join('\n');

describe('ownGroup', () => {
  it.each([
    ['0::/\n', '/', '/sys/fs/cgroup', '/sys/fs/cgroup'],
    ['0::/user.slice/a.scope\n', '/', '/sys/fs/cgroup', '/sys/fs/cgroup/user.slice/a.scope'],
    // Beside version 1
    ['3:cpuset:/x\n1:cpu:/y\n0::/\n', '/', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/unified'],
    // A container that sees a part of the tree
    ['0::/docker/c/inner\n', '/docker/c', '/sys/fs/cgroup', '/sys/fs/cgroup/inner'],
    ['0::/../other\n', '/', '/sys/fs/cgroup', null],
    ['0::/docker/d\n', '/docker/c', '/sys/fs/cgroup', null],
    ['3:cpuset:/\n', '/', '/sys/fs/cgroup', null],
  ])('%j with %s mounted at %s is %j', (own, root, at, directory) => {
    expect(ownGroup(own, mounted(root, at))).toBe(directory);
  });

  it('is none where version 2 is not mounted', () => {
    expect(ownGroup('0::/\n', '40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw\n')).toBe(null);
  });
});

describe('cpuGroup', () => {
  const legacy = (options: string, at: string): string =>
    `32 31 0:29 / ${at} rw,nosuid - cgroup cgroup rw,${options}\n`;
  const unified = '41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n';

  it.each([
    ['1:cpu:/\n0::/\n', legacy('cpu', '/sys/fs/cgroup/cpu'), 1, '/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu'],
    [
      '5:cpu,cpuacct:/docker/c\n3:cpuset:/docker/c\n',
      legacy('cpuset', '/sys/fs/cgroup/cpuset') + legacy('cpu,cpuacct', '/sys/fs/cgroup/cpu,cpuacct'),
      1,
      '/sys/fs/cgroup/cpu,cpuacct',
      '/sys/fs/cgroup/cpu,cpuacct/docker/c',
    ],
    [
      '5:cpuacct,cpu:/a\n',
      legacy('cpuacct,cpu', '/sys/fs/cgroup/cpuacct,cpu'),
      1,
      '/sys/fs/cgroup/cpuacct,cpu',
      '/sys/fs/cgroup/cpuacct,cpu/a',
    ],
    ['0::/user.slice\n', unified, 2, '/sys/fs/cgroup', '/sys/fs/cgroup/user.slice'],
    // The tree of version 1 has the controller of another one.
    ['3:cpuset:/x\n0::/y\n', legacy('cpuset', '/c') + unified, 2, '/sys/fs/cgroup', '/sys/fs/cgroup/y'],
  ])('%j is found', (own, mountinfo, version, top, directory) => {
    expect(cpuGroup(own, mountinfo)).toEqual({ version, top, own: directory });
  });

  it('is none where nothing is mounted', () => {
    expect(cpuGroup('1:cpu:/\n0::/\n', legacy('cpuset', '/sys/fs/cgroup/cpuset'))).toBe(null);
  });
});
