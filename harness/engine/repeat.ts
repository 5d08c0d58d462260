import { InterruptedError, messageOf, RepeatError, type Stage } from '../core/errors.ts';
import type { PlannedRepeat } from '../core/manifest.ts';
import type {
  Disturbance,
  Disturbing,
  HostSettings,
  Load,
  Machine,
  Probe,
  ProbeSession,
  ServerPlace,
  Testbed,
  Variant,
} from '../core/plugin.ts';
import { schemaVersion, type ProbeFields, type RepeatRecord } from '../core/record.ts';
import type { DisturbanceChoice, LoadChoice, VariantChoice } from '../core/scenario.ts';
import { loadResultIn, shortened } from './load-output.ts';
import { waitUntilReady } from './readiness.ts';
import { loadLimitMs, loadRequest, runLoad } from './run-load.ts';
import { Teardown } from './teardown.ts';

/** A probe by its name, as the scenario chose it. */
export interface NamedProbe {
  readonly name: string;
  readonly probe: Probe;
}

/** A disturbance with its parameters. */
export interface NamedDisturbance {
  readonly choice: DisturbanceChoice;
  readonly disturbance: Disturbance;
}

/** All that one repeat needs, resolved from names. */
export interface RepeatSetup {
  readonly planned: PlannedRepeat;
  /** From 1: how often this repeat was tried, this time included. */
  readonly attempt: number;
  /** Its place in the order in which repeats are really made, from 1. */
  readonly position: number;
  readonly machine: Machine;
  readonly testbed: Testbed;
  readonly variant: Variant;
  readonly variantChoice: VariantChoice;
  readonly load: Load;
  readonly loadChoice: LoadChoice;
  /** Why the load cannot be had that was planned: then the repeat fails for that, and nothing is started. */
  readonly impossible?: string | undefined;
  readonly probes: readonly NamedProbe[];
  readonly disturbances?: readonly NamedDisturbance[];
  /** Kernel settings for this repeat alone. */
  readonly hostSettings?: HostSettings;
  /** Probes that were found unusable before the run, with the reason; they stand in every record. */
  readonly unavailable: RepeatRecord['unavailable'];
  readonly port: number;
  readonly signal: AbortSignal;
  /** Told of each step before it begins, those inside of the load as they are seen. */
  readonly onStep: (step: RepeatStep) => void;
}

/** Where a repeat stands, for whoever watches: `load` is its warm-up, then its window and its drain follow. */
export type RepeatStep = Stage | 'window' | 'drain';

export interface RepeatOutcome {
  readonly record: RepeatRecord;
  /** Raw output by name, to be kept beside the record. */
  readonly raw: Record<string, string>;
}

/**
 * Makes one repeat: fresh hosts, server, readiness, probes, load, readings, and everything undone in reverse.
 * A failure becomes a record that names its stage. Throws InterruptedError when `signal` was aborted, and whatever
 * the tear-down throws: a machine that can't be cleaned up can't be measured on.
 */
export async function runRepeat(setup: RepeatSetup): Promise<RepeatOutcome> {
  const { planned, signal, testbed } = setup;
  const startedAt = new Date();
  const began = performance.now();
  const teardown = new Teardown();
  const raw: Record<string, string> = {};
  const progress: Progress = {
    stage: 'hosts',
    fields: {},
    enter(stage) {
      this.stage = stage;
      setup.onStep(stage);
    },
  };
  const unavailable = [...setup.unavailable];
  let failure: RepeatRecord['failure'];
  // Ends what the measurement waits for, so that it comes to its next check of the signal.
  const onAbort = (): void => void teardown.run().catch(() => undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await measure(setup, teardown, progress, raw, unavailable);
    const lost = testbed.lost?.();
    if (lost) throw new RepeatError('collect', lost);
  } catch (error) {
    const stage = error instanceof RepeatError ? error.stage : progress.stage;
    // Whatever else went wrong then, went wrong for that.
    const lost = testbed.lost?.() ?? null;
    failure = lost === null ? { stage, message: messageOf(error) } : { stage, message: lost, hostLost: true };
  } finally {
    signal.removeEventListener('abort', onAbort);
    await teardown.run();
  }
  if (signal.aborted) throw new InterruptedError();
  return {
    raw,
    record: {
      schema: schemaVersion,
      repeatId: planned.repeatId,
      pass: planned.pass,
      block: planned.block,
      attempt: setup.attempt,
      position: setup.position,
      cell: planned.cell,
      status: failure ? 'failed' : 'ok',
      ...(failure ? { failure } : {}),
      startedAt: startedAt.toISOString(),
      elapsedMs: performance.now() - began,
      warmupMs: planned.warmupMs,
      windowMs: planned.windowMs,
      ...(planned.tracer === undefined ? {} : { tracer: planned.tracer }),
      ...progress.fields,
      unavailable,
    },
  };
}

interface Progress {
  stage: Stage;
  enter(stage: Stage): void;
  fields: ProbeFields & Pick<RepeatRecord, 'load'>;
}

/** The stages of a repeat, in order. What it starts it adds to `teardown`; what it learns goes into `progress`. */
async function measure(
  setup: RepeatSetup,
  teardown: Teardown,
  progress: Progress,
  raw: Record<string, string>,
  unavailable: RepeatRecord['unavailable'],
): Promise<void> {
  const { machine, testbed, planned, port } = setup;
  const stopIfAborted = (): void => setup.signal.throwIfAborted();
  if (setup.impossible !== undefined) throw new RepeatError('load', setup.impossible);

  progress.enter('hosts');
  await testbed.renew(setup.hostSettings);
  stopIfAborted();

  progress.enter('server-start');
  const tom = testbed.tom.machine;
  const counterFile = `${tom.scratchDir}/${planned.repeatId}.counters`;
  const place: ServerPlace = {
    machine: tom,
    address: testbed.tom.address,
    port,
    counterFile,
    directory: `${tom.scratchDir}/${planned.repeatId}`,
  };
  await setup.variant.prepare?.(setup.variantChoice, place);
  const argv = await setup.variant.command(setup.variantChoice, place);
  const server = await testbed.tom.start(argv, { limitMs: loadLimitMs(setup) + 60_000 });
  teardown.add(() => server.stop());

  progress.enter('ready');
  await waitUntilReady(testbed, server, port);
  stopIfAborted();

  progress.enter('probes');
  const sessions: (NamedProbe & { session: ProbeSession })[] = [];
  for (const { name, probe } of setup.probes) {
    try {
      const countsItself = setup.variant.countsItself(setup.variantChoice);
      const session = await probe.start({ machine: tom, testbed, server, counterFile, countsItself });
      if (session.close) teardown.add(() => session.close?.());
      sessions.push({ name, probe, session });
    } catch (error) {
      // A probe that can't watch costs its figures, not the repeat.
      unavailable.push({ probe: name, reason: messageOf(error) });
    }
    stopIfAborted();
  }

  const disturbing: Disturbing[] = [];
  for (const { disturbance, choice } of setup.disturbances ?? []) {
    const started = await disturbance.start({ machine, testbed, server }, choice);
    teardown.add(() => started.stop());
    disturbing.push(started);
  }
  stopIfAborted();

  progress.enter('load');
  const texts = await runLoad(setup, teardown, server, [
    ...sessions.map(({ session }) => session),
    ...disturbing,
  ]);
  stopIfAborted();
  Object.assign(raw, texts);

  progress.enter('collect');
  for (const { name, probe, session } of sessions.toReversed()) {
    try {
      const read = await session.finish();
      Object.assign(raw, read);
      Object.assign(progress.fields, probe.parse(read));
    } catch (error) {
      unavailable.push({ probe: name, reason: messageOf(error) });
    }
  }
  // After the probes, since what one disturbs with may be gone then.
  for (const one of disturbing) Object.assign(raw, await one.finish?.());
  for (const [stream, text] of Object.entries(server.output())) {
    if (text !== '') raw[`tom/server-${stream}.txt`] = shortened(text);
  }

  progress.stage = 'load';
  // Not before everything was read: these are the repeats that somebody will want to understand.
  progress.fields.load = loadResultIn(raw, setup.load, loadRequest(setup));
}
