import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { throughput } from '../../harness/core/record.ts';
import { formatCount } from '../../harness/render/format.ts';
import { eventually, makeWorkplace, readRecords, type Workplace } from '../support/harness.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

let workplace: Workplace;
let terminal: Terminal | undefined;
beforeEach(() => void (workplace = makeWorkplace()));
afterEach(() => {
  terminal?.close();
  workplace.remove();
});

const limitMs = 55_000;
const smoke = [
  ...['--scenario', 'smoke', '--variants', 'blocking-serial', '--concurrency', '1,5', '--repeats', '1'],
  ...['--hosts', 'loopback'],
];

/** Runs the harness in a terminal as somebody would, though the tests may run in CI. */
function runIn(columns: number, rows: number, args: readonly string[]): Terminal {
  const environment = ['-u', 'CI', '-u', 'NO_COLOR', `FORKBENCH_SESSIONS=${workplace.sessions}`];
  const harness = [process.execPath, '--import', 'tsx', 'harness/run.ts', ...args, '--out', workplace.out];
  terminal = openTerminal(join(workplace.out, 'tmux'), columns, rows, ['env', ...environment, ...harness]);
  return terminal;
}

const shows = (screen: Terminal, text: string) =>
  eventually(`a screen with "${text}"`, () => screen.text().includes(text) && screen.text(), limitMs);

const tablesIn = (text: string): number => text.match(/^connections/gm)?.length ?? 0;

it('fills a table on a terminal, and leaves it there with the figures of the records', async () => {
  const screen = runIn(80, 24, [...smoke, '--duration', '200ms']);
  const text = await shows(screen, 'exit code');
  expect(text).toContain('exit code 0');
  const rateAt = (concurrency: number): string => {
    const record = readRecords(workplace).find(
      ({ pass, cell }) => pass === 'timed' && cell.concurrency === concurrency,
    )!;
    return formatCount(Math.round(throughput(record.load!)));
  };
  expect(text).toMatch(/^connections +1 +5$/m);
  const row = /^blocking-serial +([\d,]+)[ †‡§¶]+([\d,]+)/m.exec(text);
  expect(row?.slice(1)).toEqual([rateAt(1), rateAt(5)]);
  expect(text).toMatch(/^3 repeats in \d/m);
  expect(tablesIn(text)).toBe(1);
  expect(text).not.toContain('▸');
  // What was said before the table and after it is there as well.
  expect(text).toMatch(/writing to [^]*connections[^]*^results: [^]*^report: {2}/m);
  expect(screen.cursorIsShown()).toBe(true);
});

it('leaves the terminal in order after Ctrl-C, even when that has changed its size meanwhile', async () => {
  const screen = runIn(100, 30, [...smoke, '--duration', '60s']);
  await shows(screen, 'measuring 1 min');
  screen.resize(50, 15);
  screen.press('C-c');
  const text = await shows(screen, 'exit code');
  expect(text).toContain('exit code 130');
  expect(text).toMatch(/^stopped after [01] of 3 repeats in \d+ s\ninterrupted; the repeats/m);
  expect(tablesIn(text)).toBe(1);
  expect(text).not.toMatch(/▸|\^C/);
  expect(screen.cursorIsShown()).toBe(true);
});
