import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitCommand } from '../../../harness/core/command-words.ts';

describe('splitCommand', () => {
  it.each([
    ['./my-server --port {port}', ['./my-server', '--port', '{port}']],
    [`'./a place/server'  "--name=a b" c\\ d`, ['./a place/server', '--name=a b', 'c d']],
    [`node -e 'a(); b | c > $d # e * \`'`.replace('`', ''), ['node', '-e', 'a(); b | c > $d # e * ']],
    [`a '' "it's" "say \\"x\\""`, ['a', '', "it's", 'say "x"']],
    ['a \\$HOME {"b":1}', ['a', '$HOME', '{b:1}']],
  ])('splits %s', (command, words) => {
    expect(splitCommand(command, 'here')).toEqual(words);
  });

  it('gives back whatever stands in single quotes', () => {
    const words = fc.array(
      fc.string().filter((text) => !/['`]/.test(text) && !text.startsWith('~')),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(words, (expected) => {
        const command = expected.map((word) => `'${word}'`).join(' ');
        expect(splitCommand(command, 'here')).toEqual(expected);
      }),
    );
  });

  it.each([
    ['a; b', ';'],
    ['a && b', '&&'],
    ['a | b', '|'],
    ['a > b', '>'],
    ['a < b', '<'],
    ['a &', '&'],
    ['a $(b)', '$'],
    ['a "$(b)"', '$'],
    ['a `b`', '`'],
    ['a "`b`"', '`'],
    ['a $HOME', '$HOME'],
    ['a "x${HOME}"', '$HOME'],
    ['a "${HOME"', '${'],
    ['a *.html', '*.html'],
    ['a # b', '#'],
    ['~/a', '~/a'],
  ])('leaves %s to a shell', (command, symbol) => {
    expect(() => splitCommand(command, 'server mine')).toThrow(
      `server mine: "${symbol}" is for a shell, and the command is run without one`,
    );
  });

  it.each(["a 'b", 'a "b', 'a \'b"', 'a \\'])('refuses %s', (command) => {
    expect(() => splitCommand(command, 'here')).toThrow('here: a quote is not closed');
  });

  it('refuses a command without a word', () => {
    expect(() => splitCommand('  ', 'here')).toThrow('here: the command is empty');
  });
});
