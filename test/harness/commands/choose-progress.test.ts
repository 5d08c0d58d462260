import { describe, expect, it } from 'vitest';
import { isLive } from '../../../harness/commands/choose-progress.ts';
import { UserError } from '../../../harness/core/errors.ts';

const terminal = { isTTY: true, columns: 80, rows: 24 };
const xterm = { TERM: 'xterm-256color' };

describe('isLive', () => {
  it('takes a terminal for one', () => {
    expect(isLive('auto', terminal, xterm)).toBe(true);
    expect(isLive('auto', terminal, { ...xterm, CI: 'false' })).toBe(true);
  });

  it.each([
    ['a pipe', {}, xterm],
    ['a terminal of no size', { isTTY: true, columns: 0, rows: 0 }, xterm],
    ['a terminal without a size', { isTTY: true }, xterm],
    ['a terminal that is too narrow', { ...terminal, columns: 39 }, xterm],
    ['a terminal that is too low', { ...terminal, rows: 9 }, xterm],
    ['a terminal that cannot move its cursor', terminal, { TERM: 'dumb' }],
  ])('leaves %s alone, and says why to whoever insists', (_, output, env) => {
    expect(isLive('auto', output, env)).toBe(false);
    expect(isLive('plain', output, env)).toBe(false);
    expect(() => isLive('live', output, env)).toThrow(UserError);
  });

  it('prints lines on a terminal where that is asked for, and in CI unless the table is asked for', () => {
    expect(isLive('plain', terminal, xterm)).toBe(false);
    expect(isLive('auto', terminal, { ...xterm, CI: 'true' })).toBe(false);
    expect(isLive('live', terminal, { ...xterm, CI: 'true' })).toBe(true);
  });
});
