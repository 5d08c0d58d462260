import { describe, expect, it } from 'vitest';
import { UserError } from '../../../harness/core/errors.ts';
import { inventoryOfVagrant } from '../../../harness/core/inventory.ts';
import { parseInventory } from '../../../harness/effects/inventory.ts';

const whole = `
tom:
  hosts:
    server.example:
      ansible_user: bench
      load_address: 10.0.0.2
      cores: [2, 3]
jerry:
  hosts:
    one:
      ansible_host: 192.0.2.7
      ansible_port: 2222
      ansible_ssh_common_args: -F none -o 'ProxyJump=a b'
    two:
`;

it('an inventory names one Tom and any number of Jerries', () => {
  const { tom, jerries } = parseInventory(whole, 'hosts.yaml');
  expect(tom).toMatchObject({
    role: 'tom',
    name: 'server.example',
    user: 'bench',
    loadAddress: '10.0.0.2',
    cores: [2, 3],
  });
  expect(jerries).toMatchObject([
    { role: 'jerry', address: '192.0.2.7', port: 2222, sshOptions: ['-F', 'none', '-o', 'ProxyJump=a b'] },
    { name: 'two', sshOptions: [], build: false },
  ]);
});

describe('what is wrong with an inventory is named with its place:', () => {
  const refusal = (text: string): string => {
    try {
      parseInventory(text, 'hosts.yaml');
      return 'nothing';
    } catch (error) {
      return error instanceof UserError ? `${error.message}; ${error.remedy}` : 'another error';
    }
  };
  it.each([
    [
      'a port that is none',
      whole.replace('2222', '70000'),
      /^hosts\.yaml:12:21: jerry\.hosts\.one\.ansible_port: /,
    ],
    [
      'a name that nobody knows',
      whole.replace('ansible_user', 'ansible_usr'),
      /^hosts\.yaml:5:7: tom\.hosts\.server\.example: .*ansible_usr/,
    ],
    ['a missing group', 'tom:\n  hosts:\n    a:\n', /^hosts\.yaml:1:1: jerry: /],
    [
      'two Toms',
      whole.replace('jerry:\n', '    b:\njerry:\n'),
      /^hosts\.yaml:4:5: tom\.hosts: tom is one host/,
    ],
    [
      'a name that ssh would take for an option',
      whole.replace('one:', '-oProxyCommand=x:'),
      /^hosts\.yaml:11:7: jerry\.hosts\.-oProxyCommand=x: a host name has no spaces/,
    ],
    ['a text that is no YAML', 'tom: [', /^hosts\.yaml:1:7: /],
    ['a list', '- a', /^hosts\.yaml:1:1: /],
  ])('%s', (_what, text, expected) => {
    expect(refusal(text)).toMatch(expected);
    expect(refusal(text)).toContain('docs/hosts.md');
  });
});

it('the machines of Vagrant are reached as it says, but with their host keys checked', () => {
  const host = (name: string, port: number): string => `Host ${name}
  HostName 127.0.0.1
  User vagrant
  Port ${port}
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  IdentityFile "/home/me/a b/private_key"
`;
  const { tom, jerries } = inventoryOfVagrant(`${host('tom', 2222)}\n${host('jerry', 2200)}`, '/known');
  expect(tom).toMatchObject({
    address: '127.0.0.1',
    port: 2222,
    user: 'vagrant',
    keyFile: '/home/me/a b/private_key',
    loadAddress: '192.168.56.2',
  });
  expect(jerries).toMatchObject([{ loadAddress: '192.168.56.3' }]);
  expect(tom.sshOptions).toContain('StrictHostKeyChecking=accept-new');
  expect(tom.sshOptions).toContain('UserKnownHostsFile=/known');
  expect(() => inventoryOfVagrant(host('tom', 1), '/known')).toThrow(/no machine "jerry"/);
});
