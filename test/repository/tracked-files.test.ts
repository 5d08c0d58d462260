import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository, trackedFiles } from '../support/repository.ts';

const files = trackedFiles().filter((file) => existsSync(join(repository, file)));
const textOf = (file: string): string => readFileSync(join(repository, file), 'utf8');
const isText = (file: string): boolean => !/\.(gz|png)$/.test(file);

/** Captured output says what it says. */
const written = files.filter((file) => isText(file) && !file.startsWith('test/fixtures/'));

describe('files of the repository', () => {
  it('are found', () => {
    expect(files).toContain('package.json');
    expect(files).toContain('test/repository/tracked-files.test.ts');
  });

  it('name no place on the machine where they were written', () => {
    const parent = dirname(repository);
    const shared = ['/', '/tmp', '/var/tmp', '/home', '/srv', '/opt', '/usr/src', homedir()];
    const places = [repository, ...(shared.includes(parent) ? [] : [parent])];
    const found = written.filter((file) => places.some((place) => textOf(file).includes(`${place}/`)));
    expect(found).toEqual([]);
  });

  it('name nothing beside the clone', () => {
    const found = written.flatMap((file) => outside(file, textOf(file)));
    expect(found).toEqual([]);
    expect(outside('docs/a.md', 'see ../README.md and ../../notes.txt')).toEqual([
      'docs/a.md: ../../notes.txt',
    ]);
  });

  it('have no dead links in their Markdown', () => {
    const dead = written
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) => linksIn(textOf(file)).map((link) => ({ file, link })))
      .filter(({ file, link }) => !existsSync(join(repository, dirname(file), link)))
      .map(({ file, link }) => `${file}: ${link}`);
    expect(dead).toEqual([]);
    expect(linksIn('[a](b.md#c) ![d](e.svg) <img src="f.svg"> [web](https://example.org)')).toEqual([
      'b.md',
      'e.svg',
      'f.svg',
    ]);
  });

  it('of code have one purpose each: none is longer than 300 lines', () => {
    const code = files.filter((file) =>
      /^(harness|scenarios|scripts|servers|clients|native|test)\/.*\.(ts|cc|h|sh)$/.test(file),
    );
    const long = code.filter((file) => textOf(file).split('\n').length > 301);
    expect(code.length).toBeGreaterThan(50);
    expect(long).toEqual([]);
  });
});

/** References such as `../x` that leave the clone, as seen from the directory of `file`. */
function outside(file: string, text: string): string[] {
  const references = text.match(/(?<![\w./])(?:\.\.\/)+[\w.-]+/g) ?? [];
  return references
    .filter((reference) => normalize(join(dirname(file), reference)).startsWith('..'))
    .map((reference) => `${file}: ${reference}`);
}

/** Targets of links and images that are files, without their anchors. */
function linksIn(markdown: string): string[] {
  const targets = [...markdown.matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"]+)"/g)].map(
    ([, link, attribute]) => (link ?? attribute ?? '').replace(/#.*$/, ''),
  );
  return targets.filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}
