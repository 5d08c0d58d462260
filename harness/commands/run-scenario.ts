import { dirname, join, resolve } from 'node:path';
import { InterruptedError, UserError } from '../core/errors.ts';
import type { Environment, Manifest } from '../core/manifest.ts';
import { choicesFor, loadsUsed } from '../core/grid.ts';
import type { Disturbance, Machine, Probe, Problem, Testbed } from '../core/plugin.ts';
import { nextBlock } from '../analysis/precision.ts';
import { schemaVersion, type RepeatRecord } from '../core/record.ts';
import type { Scenario } from '../core/scenario.ts';
import { runRepeat, type NamedProbe } from '../engine/repeat.ts';
import { loadAt } from '../engine/load-rate.ts';
import { runPlan } from '../engine/run-plan.ts';
import { Teardown } from '../engine/teardown.ts';
import { describeCommit, hashPrograms, toolVersions } from '../effects/environment.ts';
import { createMachine, projectRoot } from '../effects/machine.ts';
import { generatorProgram } from '../effects/our-generator.ts';
import { loadPlugin } from '../effects/registry.ts';
import type { StoredRun } from '../effects/results.ts';
import { createRun, makeRoomFor, reopenRun } from '../effects/run-store.ts';
import type { Session } from '../effects/session.ts';
import { chooseHosts, describeEnvironment, describeLink, where, type ChosenHosts } from './choose-hosts.ts';
import { isLive, openProgress } from './choose-progress.ts';
import { regainHosts } from './lost-hosts.ts';
import { settleLoads, usableHere, type Prepared } from './prepare.ts';
import { describePlan } from './progress.ts';
import { refuseDifferences } from './resume.ts';
import type { RunOptions } from './run-options.ts';
import { shownPath } from '../effects/shown-path.ts';

export interface Outcome {
  readonly directory: string;
  readonly records: readonly RepeatRecord[];
}

type Say = (line: string) => void;

/**
 * Runs a prepared plan in a session: hosts, manifest, repeats; all of it undone in reverse at the end, whatever happened.
 * With `resumed` it goes on with that run, or says in a dry run whether it could. Throws UserError before the first
 * repeat, or when results cannot be written; InterruptedError when `signal` was aborted.
 */
export async function runScenario(
  wanted: Prepared,
  session: Session,
  options: RunOptions,
  command: readonly string[],
  signal: AbortSignal,
  say: Say,
  resumed?: StoredRun,
): Promise<Outcome> {
  const output = options.json === true ? process.stderr : process.stdout;
  const live = isLive(options.progress, output, process.env);
  const teardown = new Teardown();
  let directory = '';
  try {
    const machine = createMachine(session);
    const hosts = await chooseHosts(
      wanted.scenario,
      options.hosts !== undefined,
      wanted.inventory,
      machine,
      say,
    );
    teardown.add(() => hosts.close());
    const settled = await settleLoads(wanted, options.load !== undefined, hosts.jerry);
    for (const { text, remedy } of settled.notes)
      say(`note: ${text}${remedy ? ` To have it: ${remedy}.` : ''}`);
    const prepared = await usableHere(settled.prepared, options.variants ?? [], hosts);
    const { scenario, plan, leftOut } = prepared;
    if (leftOut.length > 0) {
      for (const { choice, problem } of leftOut) {
        say(`note: without ${choice.id}: ${problem.reason}${remedyText(problem)}`);
      }
      for (const line of describePlan(plan)) say(line);
    }

    const place = join(resolve(options.out ?? projectRoot), 'results', scenario.name);
    await makeRoomFor(place);
    const { testbed, harnessCores, note } = await hosts.open({
      tom: scenario.hosts.tomSysctls,
      jerry: scenario.hosts.jerrySysctls,
    });
    teardown.add(() => testbed.close());
    checkConditions(scenario, testbed);
    const hostNotes = [hosts.fallback, note];
    const described = await describeEnvironment(machine, testbed, hosts.name, [...harnessCores], hostNotes);
    const probes = await chooseProbes(scenario, hosts.tom, say);
    const environment = { ...described, ...(await describeLink(probes.usable, testbed, say)) };
    const disturbances = await chooseDisturbances(scenario, hosts.tom);

    const runId = resumed?.manifest.runId ?? runIdFor(new Date(), prepared);
    directory = resumed?.directory ?? join(place, runId);
    const manifest = await makeManifest(prepared, hosts, environment, await describeCommit(machine), {
      command: [...command],
      runId,
      notes: [...settled.notes.map(({ text }) => text), ...plan.notes],
      changes: testbed.changes(),
    });
    if (resumed) {
      refuseDifferences(resumed.manifest, manifest);
      const { commit } = resumed.manifest.git;
      if (commit !== manifest.git.commit)
        say(`note: the run was begun with commit ${commit ?? 'unknown'} of forkbench`);
      if (options.dryRun === true) {
        say('machine, programs and plan are as they were when it was begun: it can go on');
        return { directory, records: resumed.records };
      }
    }
    // The place of all its runs: this one has another name there until it is whole.
    await machine.remember({ kind: 'unfinished', directory: dirname(directory) });
    const { store, records: earlier } = await openFor(directory, manifest, resumed);
    teardown.add(() => store.close());
    say(`${scenario.title}: ${where(environment)}`);
    say(`writing to ${shownPath(directory)}`);

    const progress = await openProgress(live, output, store.manifest, directory, say, earlier);
    teardown.add(() => progress.close());
    const records = await runPlan({
      repeats: store.manifest.repeats,
      attempts: store.manifest.attempts,
      records: earlier,
      journal: store,
      async makeRepeat(planned, attempt, onStep, earlierOnes) {
        await regainHosts(testbed, options.onLostHost, shownPath(directory), say);
        const choices = choicesFor(scenario, planned.cell, planned.pass);
        const asked = loadAt(choices.load, scenario, planned, earlierOnes);
        const wanted = [...choices.probes, ...(planned.tracer === undefined ? [] : [planned.tracer])];
        return runRepeat({
          planned,
          attempt,
          position: store.manifest.attempts.length,
          onStep,
          machine,
          testbed,
          variant: prepared.variants.get(choices.variant.plugin)!,
          variantChoice: choices.variant,
          load: prepared.loads.get(choices.load.id)!,
          loadChoice: 'impossible' in asked ? choices.load : asked,
          impossible: 'impossible' in asked ? asked.impossible : undefined,
          probes: probes.usable.filter(({ name }) => wanted.includes(name)),
          unavailable: probes.unavailable.filter(({ probe }) => wanted.includes(probe)),
          hostSettings: choices.hostSettings,
          disturbances: choices.disturbances.map((choice) => ({
            choice,
            disturbance: disturbances.get(choice.plugin)!,
          })),
          port: testbed.port,
          signal,
        });
      },
      more: (measured) => nextBlock({ manifest: store.manifest, records: measured }),
      signal,
      events: progress,
    });
    await store.complete();
    return { directory, records };
  } catch (error) {
    if (error instanceof InterruptedError && directory !== '') {
      const shown = shownPath(directory);
      throw new InterruptedError(
        `interrupted; the repeats measured until then are in ${shown}, and the others can be made with: npx tsx harness/run.ts --resume ${shown}`,
      );
    }
    throw error;
  } finally {
    await teardown.run();
  }
}

/** A new run, or one that is gone on with, and the records that it has already. */
async function openFor(directory: string, manifest: Manifest, resumed: StoredRun | undefined) {
  if (resumed === undefined) return { store: await createRun(directory, manifest), records: [] };
  const now = { at: new Date().toISOString(), commit: manifest.git.commit };
  const { store, run } = await reopenRun(directory, now);
  return { store, records: run.records };
}

const remedyText = ({ remedy }: Problem): string => (remedy ? `; to have it: ${remedy}` : '');

/** All probes that the scenario names; those that can't watch here are named with the reason and left out. */
async function chooseProbes(scenario: Scenario, machine: Machine, say: Say) {
  const names = [
    ...scenario.probes,
    ...(scenario.conditions ?? []).flatMap((condition) => condition.probes ?? []),
    ...(scenario.traced ? scenario.tracers : []),
  ];
  const usable: NamedProbe[] = [];
  const unavailable: RepeatRecord['unavailable'] = [];
  for (const name of new Set(names)) {
    const probe: Probe = await loadPlugin('probes', name);
    const problem = (await probe.check(machine)) ?? lacksRoot(probe, machine);
    if (problem === null || problem.bearable) usable.push({ name, probe });
    if (problem === null) continue;
    const reason = `${problem.reason}${remedyText(problem)}`;
    if (!problem.bearable) unavailable.push({ probe: name, reason });
    say(`note: ${problem.bearable ? 'the probe' : 'without the probe'} ${name}: ${reason}`);
  }
  return { usable, unavailable };
}

function lacksRoot({ needsRoot }: Probe, { isLocal, root }: Machine): Problem | null {
  if (isLocal || root || needsRoot !== true) return null;
  return {
    reason: 'it takes the rights of root there',
    remedy: 'let the user run sudo without a password, or name ansible_user: root',
  };
}

/** Throws UserError where a condition sets what these hosts cannot have: its cells would be taken for what they are not. */
function checkConditions({ name, conditions }: Scenario, { separateNetworks }: Testbed): void {
  const condition = conditions?.find(
    ({ tomSysctls, jerrySysctls }) => Object.keys({ ...tomSysctls, ...jerrySysctls }).length > 0,
  );
  if (condition === undefined || separateNetworks) return;
  throw new UserError(
    `condition ${condition.id} of scenario ${name} changes kernel settings, which hosts on loopback share with the machine`,
    'use --hosts netns, or choose other conditions with --condition',
  );
}

/** The plug-ins of what the scenario's conditions disturb repeats with. Throws UserError where one cannot work here. */
async function chooseDisturbances(scenario: Scenario, machine: Machine): Promise<Map<string, Disturbance>> {
  const names = (scenario.conditions ?? []).flatMap(({ disturbances }) =>
    disturbances.map(({ plugin }) => plugin),
  );
  const chosen = new Map<string, Disturbance>();
  for (const name of new Set(names)) {
    const disturbance = await loadPlugin('disturbances', name);
    const problem = await disturbance.check(machine);
    if (problem) throw new UserError(`${name}: ${problem.reason}`, problem.remedy);
    chosen.set(name, disturbance);
  }
  return chosen;
}

async function makeManifest(
  { scenario, plan, planName, randomSeed, precision, shard, loads, variants, leftOut }: Prepared,
  { tom, jerry }: ChosenHosts,
  environment: Environment,
  git: Manifest['git'],
  told: Pick<Manifest, 'command' | 'runId' | 'notes' | 'changes'>,
): Promise<Manifest> {
  const versions = await Promise.all([
    ...loadsUsed(scenario).map((choice) => loads.get(choice.id)!.versions(jerry, choice)),
    ...[...variants.values()].map(async (plugin) => plugin.versions?.(tom)),
  ]);
  const programs = await Promise.all(
    scenario.variants.map((choice) => variants.get(choice.plugin)!.programs(choice, tom)),
  );
  return {
    schema: schemaVersion,
    ...told,
    createdAt: new Date().toISOString(),
    scenario,
    planName,
    randomSeed,
    estimatedMs: plan.estimatedMs,
    repeats: [...plan.repeats],
    attempts: [],
    resumed: [],
    ...(precision === undefined ? {} : { precision }),
    ...(shard === undefined ? {} : { shard }),
    leftOut: leftOut.map(({ choice, problem }) => ({
      variant: choice.id,
      label: choice.label,
      reason: problem.reason,
    })),
    environment,
    git,
    programs: {
      ...(await hashPrograms(tom, Object.assign({}, ...programs) as Record<string, string>)),
      ...(await hashPrograms(jerry, { [generatorProgram]: jerry.program(generatorProgram) })),
    },
    versions: Object.assign(await toolVersions(tom), ...versions) as Record<string, string>,
  };
}

/** Sorts by time: `2026-11-23T22-41-05-quick-epoll`. Shards may begin at the same moment on several machines. */
function runIdFor(now: Date, { planName, scenario, shard }: Prepared): string {
  const time = now.toISOString().slice(0, 19).replaceAll(':', '-');
  const part = shard === undefined ? [] : [`shard-${shard.index}-of-${shard.of}`];
  return [time, planName, ...scenario.loads.map((load) => load.id), ...part].join('-');
}
