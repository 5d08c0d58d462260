import { describe, expect, it } from 'vitest';
import { cpuUse, generatorHadNoCpuLeft } from '../../../harness/analysis/cpu.ts';
import type { CpuReading, RepeatRecord } from '../../../harness/core/record.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

type Core = CpuReading['cores'][number];

const idle: Core = {
  core: 0,
  hosts: [],
  userMs: 0,
  systemMs: 0,
  softirqMs: 0,
  irqMs: 0,
  idleMs: 0,
  iowaitMs: 0,
  stealMs: 0,
};
const tomCore: Core = { ...idle, hosts: ['tom'], userMs: 100, systemMs: 400, softirqMs: 300, idleMs: 200 };
const jerryCore: Core = {
  ...idle,
  core: 1,
  hosts: ['jerry'],
  userMs: 300,
  systemMs: 400,
  softirqMs: 250,
  idleMs: 50,
};

function recordWith(
  cpu: Partial<CpuReading>,
  change: (record: RepeatRecord) => void = () => {},
): RepeatRecord {
  const record = structuredClone(
    madeUpRun({ scenario: { concurrencies: [5], traced: undefined }, blocks: 1 }).records[0]!,
  );
  const server = {
    host: 'tom' as const,
    role: 'main',
    pid: 100,
    userMs: 100,
    systemMs: 400,
    runMs: 500,
    waitMs: 0,
  };
  record.cpu = { windowMs: 1000, processes: [server], cores: [tomCore, jerryCore], ...cpu };
  record.load!.cpu = { userMs: 300, systemMs: 400 };
  change(record);
  return record;
}

describe('cpuUse', () => {
  it("adds the generator's own time to the softirq time of its cores", () => {
    const use = cpuUse(recordWith({}));
    expect(use.generatorPercent).toBeCloseTo(70);
    expect(use.jerrySoftirqPercent).toBeCloseTo(25);
    expect(use.generatorShare).toBeCloseTo(0.95);
    expect(use.serverShare).toBeCloseTo(0.8);
  });

  it('believes idle time where ticks make more of the window than there was', () => {
    // As seen on a core that sleeps and wakes often: 960 ms met by ticks beside 470 ms of idle time, in 1,200 ms.
    const wakesOften: Core = { ...tomCore, userMs: 230, systemMs: 730, softirqMs: 90, idleMs: 470 };
    const use = cpuUse(
      recordWith({ windowMs: 1200, cores: [wakesOften, { ...jerryCore, idleMs: 250 }] }, (record) => {
        record.load!.window.durationMs = 1200;
        record.cpu!.processes[0]!.systemMs = 560;
      }),
    );
    expect(use.tomBusyShare).toBeCloseTo(730 / 1200);
    expect(use.strangersShare).toBeLessThan(0.1);
  });

  it('does not take for a stranger what clients do outside of windows of their own', () => {
    const use = cpuUse(
      recordWith({
        windowMs: 2000,
        cores: [
          { ...tomCore, idleMs: 1500 },
          { ...jerryCore, systemMs: 1400, idleMs: 100 },
        ],
      }),
    );
    expect(use.strangersShare).toBe(0);
    expect(use.generatorShare).toBeCloseTo(0.95);
  });

  it('never claims more than the cores were busy: some kernels count softirq time within the process too', () => {
    const use = cpuUse(
      recordWith({ cores: [tomCore, { ...jerryCore, userMs: 300, systemMs: 150, idleMs: 300 }] }),
    );
    expect(use.generatorShare).toBeCloseTo(0.7);
  });

  it('counts iowait as free: a task that waits in io_uring is not working', () => {
    const use = cpuUse(recordWith({ cores: [tomCore, { ...jerryCore, userMs: 0, iowaitMs: 300 }] }));
    expect(use.jerryBusyShare).toBeCloseTo(0.65);
  });

  it('takes the busy share of the cores where the tool does not tell its own time', () => {
    const use = cpuUse(recordWith({}, (record) => (record.load!.cpu = null)));
    expect(use.generatorPercent).toBeNull();
    expect(use.generatorShare).toBeCloseTo(0.95);
  });

  it('takes the busy share of a core that both hosts use', () => {
    const shared: Core = { ...jerryCore, hosts: ['tom', 'jerry'], idleMs: 20, systemMs: 430 };
    const use = cpuUse(recordWith({ cores: [{ ...tomCore, core: 2 }, shared] }));
    expect(use.generatorShare).toBeCloseTo(0.98);
  });

  it('spreads the generator over all cores of its own', () => {
    const second: Core = { ...idle, core: 2, hosts: ['jerry'], idleMs: 1000 };
    expect(cpuUse(recordWith({ cores: [tomCore, jerryCore, second] })).generatorShare).toBeCloseTo(0.475);
  });

  it("names parent and workers by the pids of the server's own counters", () => {
    const run = madeUpRun({ scenario: { concurrencies: [5], traced: undefined }, blocks: 1 });
    const record = run.records.find((one) => one.cell.variant === 'epoll-prefork-2')!;
    const renamed = structuredClone(record);
    for (const process of renamed.cpu!.processes) process.role = 'whatever the probe calls it';
    expect(cpuUse(renamed).workersPercent).toBeCloseTo(2 * cpuUse(renamed).parentPercent!);
  });

  it('sees what else ran on the cores, a hypervisor included', () => {
    expect(cpuUse(recordWith({})).strangersShare).toBeCloseTo(0);
    const stranger = recordWith({ cores: [{ ...tomCore, userMs: 250, idleMs: 50 }, jerryCore] });
    expect(cpuUse(stranger).strangersShare).toBeCloseTo(0.15);
    const stolen = recordWith({ cores: [{ ...tomCore, stealMs: 200, idleMs: 0 }, jerryCore] });
    expect(cpuUse(stolen).strangersShare).toBeCloseTo(0.2);
    const onJerry = recordWith({ cores: [tomCore, { ...jerryCore, userMs: 350, idleMs: 0 }] });
    expect(cpuUse(onJerry).strangersShare).toBeCloseTo(0.05);
  });

  it('is nothing where nothing was measured', () => {
    const record = recordWith({}, (one) => {
      delete one.cpu;
      one.load!.cpu = null;
    });
    expect(Object.values(cpuUse(record)).every((value) => value === null)).toBe(true);
  });
});

describe('generatorHadNoCpuLeft', () => {
  it('is decided at 90 % of cores of its own and at 95 % of shared ones', () => {
    expect(generatorHadNoCpuLeft(0.9, false)).toBe(true);
    expect(generatorHadNoCpuLeft(0.899, false)).toBe(false);
    expect(generatorHadNoCpuLeft(0.92, true)).toBe(false);
    expect(generatorHadNoCpuLeft(0.95, true)).toBe(true);
    expect(generatorHadNoCpuLeft(null, false)).toBeNull();
  });
});
