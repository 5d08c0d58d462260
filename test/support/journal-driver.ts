/*
 * usage: node --import tsx test/support/journal-driver.ts DIRECTORY REPEATS
 *
 * Goes through a plan of REPEATS repeats with the real engine and the real journal, but repeats that are made up; goes on
 * with it where there is one. Says "acknowledged REPEAT ATTEMPT" when a record is on the disk.
 */
import { existsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { PlannedRepeat } from '../../harness/core/manifest.ts';
import { schemaVersion, type RepeatRecord } from '../../harness/core/record.ts';
import { createRun, reopenRun } from '../../harness/effects/run-store.ts';
import { runPlan } from '../../harness/engine/run-plan.ts';
import { madeUpRun } from './made-up-run.ts';

const [directory = '', repeatCount = '1'] = process.argv.slice(2);

const { manifest } = madeUpRun({ scenario: { concurrencies: [5], traced: undefined }, blocks: 1 });
const repeats = Array.from({ length: Number(repeatCount) }, (_, index): PlannedRepeat => {
  const planned = manifest.repeats[index % manifest.repeats.length]!;
  return { ...planned, repeatId: `r${index + 1}`, block: index + 1, position: index + 1 };
});

async function open() {
  const resumed = { at: new Date().toISOString(), commit: null };
  if (existsSync(join(directory, 'manifest.json'))) {
    const { store, run } = await reopenRun(directory, resumed);
    return { store, records: run.records };
  }
  return { store: await createRun(directory, { ...manifest, schema: schemaVersion, repeats }), records: [] };
}

const madeUp = (planned: PlannedRepeat, attempt: number): RepeatRecord => ({
  schema: schemaVersion,
  repeatId: planned.repeatId,
  attempt,
  pass: 'timed',
  block: planned.block,
  position: planned.position,
  cell: planned.cell,
  status: 'ok',
  startedAt: new Date().toISOString(),
  elapsedMs: 1,
  warmupMs: 0,
  windowMs: 1000,
  unavailable: [],
});

const { store, records } = await open();
try {
  await runPlan({
    repeats,
    attempts: store.manifest.attempts,
    records,
    journal: {
      extend: (more) => store.extend(more),
      begin: (attempt) => store.begin(attempt),
      async append(outcome) {
        const record = await store.append(outcome);
        // In one write: a kill must not cut it in two.
        writeSync(1, `acknowledged ${record.repeatId} ${record.attempt}\n`);
        return record;
      },
    },
    makeRepeat: async (planned, attempt) => ({
      record: madeUp(planned, attempt),
      raw: { 'load/stdout.txt': planned.repeatId.repeat(50) },
    }),
    signal: new AbortController().signal,
  });
  await store.complete();
  writeSync(1, 'complete\n');
} finally {
  await store.close();
}
