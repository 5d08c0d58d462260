import { describe, expect, it } from 'vitest';
import { ownGroup } from '../../../harness/effects/containment.ts';

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
