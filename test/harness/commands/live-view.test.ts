import { describe, expect, it } from 'vitest';
import { painted, widthOf, type Line } from '../../../harness/commands/live-text.ts';
import { liveView } from '../../../harness/commands/live-view.ts';
import { liveStateAfter } from '../../support/live-golden.ts';

// What the pictures look like is in test/golden/live.

const plain = (_: string, text: string): string => text;

describe('the live view', () => {
  it('stays within a terminal of any size, with a line to spare for the cursor', () => {
    const states = [liveStateAfter(0), liveStateAfter(70), liveStateAfter(1000)];
    for (const { state, now } of states) {
      for (const columns of [1, 12, 39, 80, 81, 132, 500]) {
        for (const rows of [0, 1, 2, 3, 5, 10, 23, 24, 50]) {
          const lines = liveView(state, { columns, rows }, now, plain);
          expect(lines.length, `${columns}x${rows}`).toBeLessThanOrEqual(Math.max(0, rows - 1));
          for (const line of lines)
            expect(widthOf(line), `${columns}x${rows}: ${line}`).toBeLessThanOrEqual(columns);
        }
      }
    }
  });

  it('shows the measured cell once on every terminal of five lines or more', () => {
    const { state, now } = liveStateAfter(60);
    for (let rows = 5; rows < 40; rows += 2) {
      for (const columns of [40, 80, 200]) {
        const lines = liveView(state, { columns, rows }, now, plain);
        expect(
          lines.filter((line) => /[^ ] *▸ *[\d·]/.test(line)),
          `${columns}x${rows}`,
        ).toHaveLength(1);
      }
    }
  });

  it('obeys nothing that a failure says to the terminal', () => {
    const { state, now } = liveStateAfter(60, {
      adjust: (record) => ({
        ...record,
        status: 'failed',
        failure: { stage: 'ready', message: 'no\u001b[2J\u001b]0;title\u0007 answer\r\n\tat all\u0000' },
      }),
    });
    const text = liveView(state, { columns: 200, rows: 50 }, now, plain);
    expect(text.filter((line) => line.includes('(ready): no answer at all'))).toHaveLength(3);
    expect(text.join('')).not.toMatch(/\p{Cc}/u);
  });
});

describe('painted', () => {
  const tags = (style: string, text: string): string => `<${style}>${text}</>`;
  const line: Line = [['ab', 'bold'], ['cd'], ['ef', 'red']];

  it.each([
    [6, '<bold>ab</>cd<red>ef</>'],
    [5, '<bold>ab</>cd<red>…</>'],
    [4, '<bold>ab</>c…'],
    [3, '<bold>ab</>…'],
    [2, '<bold>a…</>'],
    [1, '<bold>…</>'],
    [0, ''],
  ])('cuts a line to %d characters and says so, styles outside', (width, expected) => {
    expect(painted(line, width, tags)).toBe(expected);
  });
});
