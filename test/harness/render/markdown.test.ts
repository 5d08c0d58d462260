import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { code, escapeText, linkPath, table } from '../../../harness/render/markdown.ts';

/** Splits a row of a table at its unescaped pipes. */
const cellsOf = (row: string): string[] => row.split(/(?<!\\)(?:\\\\)*\|/).slice(1, -1);

describe('foreign text', () => {
  it('is no markup and ends no cell', () => {
    expect(escapeText('a|b\n<b>*c*</b> `d` [e](f) \\')).toBe(
      'a\\|b \\<b\\>\\*c\\*\\</b\\> \\`d\\` \\[e\\](f) \\\\',
    );
  });

  it('keeps a table a table, whatever it is', () => {
    // Any text, and text of the characters that matter here, which random text seldom has side by side.
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('\\', '|', '`', ' ', '\n', 'a') }));
    fc.assert(
      fc.property(text, text, (first, second) => {
        const rows = table(['x', 'y'], [[escapeText(first), code(second)]], ['l', 'r']).split('\n');
        expect(rows).toHaveLength(3);
        expect(cellsOf(rows[2]!)).toHaveLength(2);
      }),
    );
  });

  it('as code may hold backquotes', () => {
    expect(code('a`b')).toBe('``a`b``');
    expect(code('`a`')).toBe('`` `a` ``');
    expect(code('plain')).toBe('`plain`');
  });

  it('as code may hold a pipe, and a backslash before it', () => {
    expect(code('a|b')).toBe('`a\\|b`');
    expect(code('a\\|`b')).toBe('<code>a\\\\\\|\\`b</code>');
  });

  it('as a path is encoded, its slashes kept', () => {
    expect(linkPath('../results/a b/(c)')).toBe('../results/a%20b/(c)');
  });
});
