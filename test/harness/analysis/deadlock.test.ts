import { describe, expect, it } from 'vitest';
import { isDeadlocked } from '../../../harness/analysis/deadlock.ts';
import { parseStandstill, standstillFiles } from '../../../harness/core/standstill-output.ts';
import type { RawTexts } from '../../../harness/core/raw-texts.ts';
import { fixture } from '../../support/captured.ts';

type Captured = 'blocked-in-send' | 'blocked-in-write' | 'at-rest' | 'left-waiting';

/** What the probe noted about epoll-prefork with one worker, in four ways to notify it. */
const captured = JSON.parse(fixture('standstill.json')) as Record<Captured, RawTexts>;
const seen = (name: Captured) => parseStandstill(captured[name]);

describe('who waits for whom when a load has ended', () => {
  it.each([
    ['blocked-in-send', 'sendto', 6],
    ['blocked-in-write', 'write', 6],
  ] as const)('%s: the parent waits for room, its worker for a notice', (name, syscall, waiting) => {
    const standstill = seen(name);
    expect(standstill).toMatchObject({
      waiting,
      processes: [
        { role: 'parent', state: 'S', syscall },
        { role: 'worker', state: 'S', syscall: 'epoll_wait' },
      ],
    });
    expect(isDeadlocked({ standstill })).toBe(true);
  });

  it('a server with nothing to do sleeps too, and nobody waits for it', () => {
    const standstill = seen('at-rest');
    expect(standstill).toMatchObject({ waiting: 0, processes: [{ syscall: 'epoll_wait' }, {}] });
    expect(isDeadlocked({ standstill })).toBe(false);
  });

  it('whoever is left in the queue waits in vain, but not because of a deadlock', () => {
    const standstill = seen('left-waiting');
    expect(standstill.waiting).toBe(49);
    expect(isDeadlocked({ standstill })).toBe(false);
  });

  it('without a client in the queue nobody can tell that it is one', () => {
    expect(isDeadlocked({ standstill: { ...seen('blocked-in-send'), waiting: 0 } })).toBe(false);
  });

  it('a worker that works will make room', () => {
    const { processes, ...others } = seen('blocked-in-write');
    const working = processes.map((one) => (one.role === 'worker' ? { ...one, state: 'R' } : one));
    expect(isDeadlocked({ standstill: { ...others, processes: working } })).toBe(false);
  });

  it('is not known where nobody looked, or where stacks may not be read', () => {
    expect(isDeadlocked({})).toBeNull();
    const hidden = captured['blocked-in-send'][standstillFiles.look]!.replaceAll(
      /"stack":"[^"]*"/g,
      '"stack":null',
    );
    const standstill = parseStandstill({ ...captured['blocked-in-send'], [standstillFiles.look]: hidden });
    expect(standstill.processes.map(({ stack }) => stack)).toEqual([[], []]);
    expect(isDeadlocked({ standstill })).toBeNull();
  });

  it('counts who is there in every look, not who passes through', () => {
    const { [standstillFiles.queue]: full, ...look } = captured['blocked-in-send'];
    const empty = captured['at-rest'][standstillFiles.queue]!;
    const passing = { ...look, [standstillFiles.queue]: `${full}\n${empty}` };
    expect(parseStandstill(passing).waiting).toBe(0);
  });

  it('says that nobody listens', () => {
    const deaf = { ...captured['at-rest'], [standstillFiles.queue]: '' };
    expect(() => parseStandstill(deaf)).toThrow('no socket that listens on port');
  });
});
