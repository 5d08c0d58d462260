import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { which } from 'zx/core';
import { requirements } from '../../scripts/setup/packages.ts';

const script = 'vagrant/provision.sh';
const listIn = (text: string, name: string): string[] =>
  new RegExp(`^${name}='([^']*)'$`, 'm').exec(text)![1]!.split(' ');
const needed = (neededTo: string): string[] =>
  requirements.filter((each) => each.neededTo === neededTo).map(({ debianPackage }) => debianPackage);

it('provisioning installs what the set-up asks for on a machine that runs', () => {
  const text = readFileSync(script, 'utf8');
  expect(listIn(text, 'to_build')).toEqual(needed('build'));
  const notOnTargets = ['openssh-client'];
  expect(listIn(text, 'to_run')).toEqual(needed('run').filter((name) => !notOnTargets.includes(name)));
});

it('provisioning a host that has everything changes nothing, and twice says the same', async () => {
  const missing = await Promise.all(
    [...needed('build'), ...needed('run')].map(async (name) => {
      const { exitCode, stdout } = await execa('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], {
        reject: false,
      });
      return exitCode !== 0 || stdout !== 'installed';
    }),
  );
  if (missing.includes(true)) throw new Error('the set-up has not installed everything');
  for (const kind of ['send', 'build', 'build']) {
    expect((await execa('sh', [script, kind])).stdout).toBe('provision.sh: everything is there');
  }
});

it('provisioning refuses what it does not know, and a user who may not install', async () => {
  const unknown = await execa('sh', [script, 'everything'], { reject: false });
  expect([unknown.exitCode, unknown.stderr]).toEqual([
    2,
    'provision.sh: "everything" is neither send nor build',
  ]);
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-s'];
  const unprivileged = await execa('setpriv', nobody, { reject: false, input: readFileSync(script) });
  expect([unprivileged.exitCode, unprivileged.stderr.split('\n')[0]]).toEqual([
    2,
    'provision.sh: this user may not install packages',
  ]);
});

it('the Vagrantfile is valid, with one core for Tom or two, and no other number', async (context) => {
  if ((await which('vagrant', { nothrow: true })) === null) context.skip('vagrant is not installed');
  const validate = (cpus: string) =>
    execa('vagrant', ['validate', '--ignore-provider'], { reject: false, env: { TOM_CPUS: cpus } });
  const [one, two, three] = await Promise.all([validate('1'), validate('2'), validate('3')]);
  for (const { exitCode, stdout } of [one, two]) {
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('validated successfully')]);
  }
  expect([three.exitCode, three.stderr]).toEqual([1, 'TOM_CPUS: "3" is neither 1 nor 2']);
}, 180_000);
