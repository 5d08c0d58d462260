import { describe, expect, it } from 'vitest';
import { analysePage } from '../../../harness/analysis/page.ts';
import { opening } from '../../../harness/render/headline.ts';
import type { Behaviour } from '../../support/made-up-record.ts';
import { madeUpRun, type MadeUp } from '../../support/made-up-run.ts';

const quiet = { noise: 0, blocks: 5 } satisfies MadeUp;
const untraced = { concurrencies: [1, 5, 10, 50], traced: undefined };

function open(options: MadeUp) {
  const { title, answer, caveats } = opening(
    analysePage(
      madeUpRun({ ...quiet, ...options, scenario: { ...untraced, ...options.scenario } }),
      'epoll',
      null,
    ),
  );
  return {
    title,
    answer: answer.flat().join(' '),
    caveats: caveats.map(({ text }) => text).join(' '),
    grave: caveats.filter(({ grave }) => grave).map(({ text }) => text),
  };
}

const serial = 'blocking-serial';

/** Overflows from 10 on for everybody; rates below and above that by variant. */
const split =
  (rates: Readonly<Record<string, readonly [number, number]>>) =>
  (variant: string, concurrency: number): Behaviour => ({
    requestsPerSecond: (rates[variant] ?? [1000, 1000])[concurrency < 10 ? 0 : 1],
    overflows: concurrency < 10 ? 0 : 50,
  });

describe('the title', () => {
  it('is the fall of the baseline where its queue begins to overflow, if the others do not fall', () => {
    expect(open({ behaviour: split({ [serial]: [1000, 250] }) }).title).toBe(
      'blocking-serial falls to 25 % of its throughput when its listen queue begins to overflow, the others do not',
    );
  });

  it('names who falls too', () => {
    const { title } = open({ behaviour: split({ [serial]: [1000, 250], 'epoll-prefork-1': [1000, 600] }) });
    expect(title).toMatch(/to overflow, and so does epoll-prefork \(1 worker\) at the same load$/);
  });

  it('is who is ahead, if the baseline does not fall', () => {
    expect(open({ behaviour: split({ 'epoll-prefork-1': [1000, 1300] }) }).title).toBe(
      'epoll-prefork (1 worker) is ahead of blocking-serial where its listen queue overflows',
    );
    expect(open({ behaviour: split({ [serial]: [2000, 2000] }) }).title).toBe(
      'blocking-serial is ahead of the others, even where its listen queue overflows',
    );
  });

  it('is what the scenario is about, if neither is clear', () => {
    const title = 'Three servers on one core';
    expect(open({ behaviour: split({}) }).title).toBe(title);
    const disagree = split({ 'epoll-prefork-1': [1000, 1300], 'epoll-prefork-2': [1000, 700] });
    expect(open({ behaviour: disagree }).title).toBe(title);
  });

  it('claims nothing from a single block, nor from a difference of a few percent', () => {
    const title = 'Three servers on one core';
    expect(open({ blocks: 1, behaviour: split({ [serial]: [1000, 250] }) }).title).toBe(title);
    expect(open({ behaviour: split({ 'epoll-prefork-1': [1000, 1040] }) }).title).toBe(title);
  });

  it('claims that the others do not fall only where their intervals rule it out', () => {
    const { title } = open({ noise: 0.4, blocks: 3, behaviour: split({ [serial]: [1000, 100] }) });
    expect(title).toMatch(
      /^blocking-serial falls to \d+ % of its throughput when its listen queue begins to overflow$/,
    );
  });

  it('claims nothing from a machine that did other things', () => {
    const { title, grave, caveats } = open({
      behaviour: split({ [serial]: [1000, 250] }),
      adjust: (record) => {
        const core = record.cpu!.cores[0]!;
        core.userMs += 500;
        core.idleMs -= 500;
        return record;
      },
    });
    expect(title).toBe('Three servers on one core, measured on a disturbed machine');
    expect(grave[0]).toMatch(/^In 12 of 12 cells something else/);
    expect(caveats).not.toMatch(/CPU left in every cell/);
  });

  it('speaks of one variant alone', () => {
    const alone = { variants: [{ id: serial, label: serial, plugin: serial }] };
    expect(open({ scenario: alone, behaviour: split({}) }).title).toBe(
      'blocking-serial: its listen queue overflows from 10 connections on',
    );
    expect(open({ scenario: alone, behaviour: () => ({ requestsPerSecond: 1 }) }).title).toBe(
      'Three servers on one core',
    );
  });

  it('says when nothing could be measured', () => {
    const { title, answer } = open({ adjust: (record) => ({ ...record, status: 'failed' }) });
    expect(title).toBe('Three servers on one core: nothing could be measured');
    expect(answer).toMatch(/^No repeat of this run succeeded/);
  });
});

describe('the answer', () => {
  it('says from where on which queue overflowed, and what became of the throughput', () => {
    const { answer } = open({ behaviour: split({ [serial]: [1000, 250], 'epoll-prefork-1': [800, 800] }) });
    expect(answer).toContain(
      'The listen queue of blocking-serial, epoll-prefork (1 worker) and epoll-prefork (2 workers) overflowed from 10 connections on and not once up to 5.',
    );
    expect(answer).toContain(
      'From 5 to 10 connections, where overflows begin, the throughput of blocking-serial went to 25 % (95 % interval 25–25 %), that of epoll-prefork (1 worker) to 100 % (100–100 %, undecided)',
    );
    expect(answer).toContain(
      'Where the queue of blocking-serial did not overflow (1–5 connections), epoll-prefork (1 worker) answered in the geometric mean 0.80 times as many requests per second as blocking-serial (0.80–0.80)',
    );
    expect(answer).toContain(
      'Where it did (10–50 connections), epoll-prefork (1 worker) answered 3.20 times',
    );
  });

  it('says so where the interval leaves open who is ahead', () => {
    const { answer } = open({
      behaviour: split({}),
      adjust: (record) => {
        if (record.cell.variant === serial) record.load!.window.succeeded += 60 * (record.block - 3);
        return record;
      },
    });
    expect(answer).toMatch(
      /1\.00 times as many requests per second as blocking-serial \(95 % interval 0\.\d\d–1\.\d\d, undecided\)/,
    );
  });

  it('covers a grid without any overflow in one comparison', () => {
    const { answer } = open({ behaviour: () => ({ requestsPerSecond: 500 }) });
    expect(answer).toMatch(
      /^No listen queue overflowed at any concurrency\. At 1–50 connections epoll-prefork/,
    );
  });

  it('covers queues that always overflow, here and there, seldom, or were not watched', () => {
    const rate = { requestsPerSecond: 500 };
    expect(open({ behaviour: () => ({ ...rate, overflows: 5 }) }).answer).toMatch(
      /overflowed at every concurrency\. At 1–50 connections/,
    );
    expect(
      open({ behaviour: (_, concurrency) => ({ ...rate, overflows: concurrency === 5 ? 5 : 0 }) }).answer,
    ).toMatch(/overflowed at 5 connections\./);
    expect(
      open({
        behaviour: () => rate,
        adjust: (record) => {
          if (record.block === 1) record.kernel!.tom.tcpExt = { ListenOverflows: 1 };
          return record;
        },
      }).answer,
    ).toMatch(/overflowed in the lesser part of the repeats only\./);
    expect(
      open({
        behaviour: () => rate,
        adjust: (record) => {
          delete record.kernel;
          return record;
        },
      }).answer,
    ).toMatch(/^Overflows of the listen queue were not counted\./);
  });

  it('tells variants apart by where their queues overflowed', () => {
    const { answer } = open({
      behaviour: (variant, concurrency) => ({
        requestsPerSecond: 500,
        overflows: variant === serial && concurrency >= 10 ? 5 : 0,
      }),
    });
    expect(answer).toContain(
      'The listen queue of blocking-serial overflowed from 10 connections on and not once up to 5; that of epoll-prefork (1 worker) and epoll-prefork (2 workers) never overflowed.',
    );
  });

  it('compares nobody where the baseline was not measured', () => {
    const { answer, title } = open({ adjust: (record) => (record.cell.variant === serial ? null : record) });
    expect(answer).not.toContain('times as many');
    expect(title).toBe('Three servers on one core');
  });

  it('covers a single concurrency and a single block', () => {
    const { answer, caveats } = open({
      scenario: { concurrencies: [5] },
      blocks: 1,
      behaviour: () => ({ requestsPerSecond: 500 }),
    });
    expect(answer).toBe(
      'No listen queue overflowed at any concurrency. At 5 connections epoll-prefork (1 worker) answered 1.00 times as many requests per second as blocking-serial and epoll-prefork (2 workers) 1.00 times.',
    );
    expect(caveats).toContain('One block only: ');
  });

  it('names the concurrencies that could be compared where some could not', () => {
    const { answer } = open({
      behaviour: () => ({ requestsPerSecond: 500 }),
      adjust: (record) =>
        record.cell.concurrency === 10 && record.cell.variant === serial
          ? { ...record, status: 'failed' }
          : record,
    });
    expect(answer).toContain('(compared at 1–5 and 50 only)');
  });
});

describe('the caveats', () => {
  it('count the cells whose generator was the limit, gravely where they are most', () => {
    const full = (from: number) => (_: string, concurrency: number) => ({
      requestsPerSecond: 500,
      generatorShare: concurrency >= from ? 0.95 : 0.5,
    });
    expect(open({ behaviour: full(50) })).toMatchObject({
      caveats: expect.stringContaining(
        'In 3 of 12 cells the load generator was the limit or close to it (†)',
      ) as string,
      grave: [],
    });
    expect(open({ behaviour: full(5) }).grave[0]).toMatch(/^In 9 of 12 cells the load generator/);
    expect(open({ behaviour: full(100) }).caveats).toContain(
      'The load generator had CPU to spare in every cell.',
    );
  });

  it('say when that is not known', () => {
    const blind = open({
      adjust: (record) => {
        delete record.cpu;
        return record;
      },
    });
    expect(blind.caveats).toContain('Whether the load generator was the limit is not known.');
    const half = open({
      behaviour: () => ({ requestsPerSecond: 500 }),
      adjust: (record) => {
        if (record.cell.concurrency === 5) delete record.cpu;
        return record;
      },
    });
    expect(half.caveats).toContain('For 3 cells that is not known.');
  });

  it('name shared cores, notes on the hosts, failures and what was not made', () => {
    const { grave } = open({
      behaviour: () => ({ requestsPerSecond: 500 }),
      sharedCore: true,
      adjustManifest: (manifest) => ({
        ...manifest,
        environment: {
          ...manifest.environment,
          hostNote: 'Loopback, since namespaces may not be made here.',
        },
      }),
      adjust: (record) => {
        if (record.block === 5 && record.cell.concurrency === 50) return null;
        if (record.block === 1 && record.cell.concurrency === 50) return { ...record, status: 'failed' };
        return record;
      },
    });
    expect(grave).toEqual([
      'Tom and Jerry share core 1: server and load take CPU time from each other.',
      'Loopback, since namespaces may not be made here.',
      '3 of 57 timed repeats failed (‡).',
      '3 of 60 planned repeats were not made: the run was interrupted.',
    ]);
  });

  it('say that a journal was cut off', () => {
    const run = { ...madeUpRun({ ...quiet, scenario: untraced }), torn: true };
    const { caveats } = opening(analysePage(run, 'epoll', null));
    expect(caveats.map(({ text }) => text).join(' ')).toContain('The journal ends in the middle of a record');
  });

  it('say that few blocks are few, and that short windows are short where a queue overflows', () => {
    expect(open({ blocks: 2, behaviour: split({}) }).caveats).toMatch(
      /medians of 2 blocks, which are too few for intervals: take a difference for a hint/,
    );
    expect(open({ blocks: 5, behaviour: split({}) }).caveats).toMatch(/Windows of 1 s are short/);
    expect(open({ blocks: 5, behaviour: () => ({ requestsPerSecond: 5 }) }).caveats).not.toMatch(
      /hint|short/,
    );
    const long = open({
      behaviour: split({}),
      adjustManifest: (manifest) => ({
        ...manifest,
        repeats: manifest.repeats.map((repeat) => ({ ...repeat, windowMs: 10_000 })),
      }),
    });
    expect(long.caveats).not.toMatch(/short/);
  });
});
