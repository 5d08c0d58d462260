import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { containmentKinds } from '../../harness/core/manifest.ts';
import { ownGroup } from '../../harness/effects/control-groups.ts';
import { buildProbe } from '../support/build-probe.ts';
import { startDriver, usableContainments, type Containment } from '../support/driver.ts';
import {
  allProcesses,
  commandOf,
  makeWorkplace,
  namespacesOf,
  processesOf,
  sessionIds,
  startHarness,
  stillHeld,
  type Workplace,
} from '../support/harness.ts';
import { isListening } from '../support/proc.ts';
import { freePort } from '../support/server-process.ts';

/*
 * What is left when the harness gets SIGKILL: nothing, two seconds later. The moments are random, from before its
 * session exists to when its server runs, and the servers are of the kind that gets away from a careless harness.
 */

const kills = 100;
const limitMs = 2000;
/** More at once would measure how long the machine takes to start so many programs. */
const atOnce = 4;

/** A setting of the whole machine, which a run changes where cubic is not in it. */
const congestionControls = '/proc/sys/net/ipv4/tcp_allowed_congestion_control';
const allowedBefore = readFileSync(congestionControls, 'utf8').trim();

let directory = '';
let child = '';
beforeAll(async () => {
  // Runs side by side, which are refused elsewhere, would take it from each other.
  writeFileSync(congestionControls, `${allowedBefore} cubic`);
  directory = mkdtempSync(join(tmpdir(), 'forkbench-killed-'));
  child = await buildProbe('test/support/unruly-child.cc', directory);
});
afterAll(() => {
  writeFileSync(congestionControls, allowedBefore);
  rmSync(directory, { recursive: true });
});

/** Everything that is left of a workplace whose harness is gone, in words; also of processes that hide. */
async function leftOf(workplace: Workplace, seen: Seen): Promise<string[]> {
  const hidden = allProcesses().filter((pid) => seen.marker !== '' && commandOf(pid).includes(seen.marker));
  const processes = [...new Set([...processesOf(workplace), ...hidden])];
  const files = readdirSync(workplace.out, { recursive: true }).map(String);
  return [
    ...processes.map((pid) => `process ${pid}: ${commandOf(pid).replaceAll('\0', ' ')}`),
    ...stillHeld(seen.namespaces, seen.alive).map((name) => `namespace ${name}`),
    ...(seen.port !== 0 && (await isListening(seen.port)) ? [`port ${seen.port}`] : []),
    ...files.filter((name) => /\.tmp$|^sessions\//.test(name)).map((name) => `file ${name}`),
    ...seen.places.filter((path) => existsSync(path)),
  ];
}

interface Seen {
  readonly marker: string;
  readonly port: number;
  readonly namespaces: string[];
  /** Every process of the machine: younger ones may have got the number of a namespace that is gone. */
  readonly alive: number[];
  /** Scratch directories and control groups. */
  readonly places: string[];
}

interface NotedLeftover {
  readonly kind: string;
  readonly path?: string;
}

const leftoversIn = (file: string): NotedLeftover[] =>
  (JSON.parse(readFileSync(file, 'utf8')) as { leftovers: NotedLeftover[] }).leftovers;

/** What stands behind a session that lives, so that it can be missed afterwards. */
function look(workplace: Workplace, marker: string, port: number): Seen {
  const places = sessionIds(workplace).flatMap((id) => {
    const file = join(workplace.sessions, `${id}.json`);
    if (!existsSync(file)) return [];
    // A changed setting is there before and after: what it is set to is looked at on its own.
    return leftoversIn(file).flatMap(({ kind, path }) => (kind === 'sysctl' ? [] : (path ?? [])));
  });
  return { marker, port, namespaces: namespacesOf(processesOf(workplace)), alive: allProcesses(), places };
}

async function expectNothingLeft(workplace: Workplace, seen: Seen, what: string): Promise<void> {
  const deadline = performance.now() + limitMs;
  let left = await leftOf(workplace, seen);
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(20);
    left = await leftOf(workplace, seen);
  }
  expect(left, what).toEqual([]);
}

/** Starts a driver with such a child and kills it, half of the time when the child runs already. */
async function killOnce(containment: Containment, kind: string, late: boolean): Promise<boolean> {
  const workplace = makeWorkplace();
  try {
    const port = await freePort();
    const marker = `unruly-${workplace.out.slice(-6)}-${port}`;
    const driver = startDriver(workplace, containment, [child, kind, marker, String(port)]);
    const delayMs = Math.random() * (late ? 100 : 1500);
    const working = new Promise((done) => driver.stdout.once('data', done));
    if (late) await Promise.race([working, driver]);
    await Promise.race([sleep(delayMs), driver]);
    const seen = look(workplace, marker, port);
    const atWork = allProcesses().some((pid) => commandOf(pid).includes(marker) && pid !== driver.pid);
    driver.kill('SIGKILL');
    const { signal, stderr } = await driver;
    expect(signal, stderr).toBe('SIGKILL');
    await expectNothingLeft(workplace, seen, `${kind}, ${containment}, killed after ${delayMs} ms (${late})`);
    return atWork;
  } finally {
    workplace.remove();
  }
}

/** Whether there is a control group of version 2 to make others in, of the kind that can be killed. */
function mayMakeGroups(): boolean {
  const own = ownGroup(
    readFileSync('/proc/self/cgroup', 'utf8'),
    readFileSync('/proc/self/mountinfo', 'utf8'),
  );
  if (own === null) return false;
  const path = join(own, `forkbench-test-${process.pid}`);
  try {
    mkdirSync(path);
  } catch {
    return false;
  }
  const controllers = readFileSync(join(path, 'cgroup.controllers'), 'utf8').trim().split(' ');
  const mayBeKilled = existsSync(join(path, 'cgroup.kill'));
  rmdirSync(path);
  return mayBeKilled && !controllers.includes('cpu');
}

const kinds: Record<Containment, readonly string[]> = {
  cgroup: ['stubborn', 'escaped', 'forking'],
  'pid-namespace': ['stubborn', 'escaped', 'forking'],
  // A process that left its group and cleared its environment cannot be found by either.
  groups: ['stubborn', 'forking'],
};

it(`SIGKILL of the harness at ${kills} random moments leaves nothing, whatever its children do`, async () => {
  const usable = await usableContainments();
  const cases = usable.flatMap((containment) => kinds[containment].map((kind) => ({ containment, kind })));
  let next = 0;
  let atWork = 0;
  const worker = async (): Promise<void> => {
    for (let kill = next++; kill < kills; kill = next++) {
      const { containment, kind } = cases[kill % cases.length]!;
      if (await killOnce(containment, kind, Math.floor(kill / cases.length) % 2 === 0)) atWork++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  // The proof that there was something to clean up.
  expect(atWork).toBeGreaterThan(kills / 4);
  expect(usable).toEqual(containmentKinds.filter((kind) => kind !== 'cgroup' || mayMakeGroups()));
}, 600_000);

it('SIGKILL of a run at random moments leaves nothing', async () => {
  const killRun = async (): Promise<void> => {
    const workplace = makeWorkplace();
    mkdirSync(workplace.out, { recursive: true });
    const running = startHarness(workplace, ['--scenario', 'smoke']);
    const delayMs = Math.random() * 12_000;
    await Promise.race([sleep(delayMs), running]);
    const seen = look(workplace, '', 0);
    running.kill('SIGKILL');
    await running;
    await expectNothingLeft(workplace, seen, `a run, killed after ${delayMs} ms`);
    workplace.remove();
  };
  for (let round = 0; round < 3; round++) await Promise.all([killRun(), killRun()]);
}, 120_000);

it('SIGKILL of a run that makes its directory leaves none without a manifest', async () => {
  const workplace = makeWorkplace();
  const place = join(workplace.out, 'results', 'smoke');
  mkdirSync(place, { recursive: true });
  // The kernel tells at once: a look every few milliseconds would come when the directory is whole.
  const watcher = watch(place);
  const appeared = new Promise((done) => watcher.once('change', () => done(true)));
  const running = startHarness(workplace, ['--scenario', 'smoke']);
  const isMaking = await Promise.race([appeared, running.then(() => false)]);
  running.kill('SIGKILL');
  await running;
  watcher.close();
  expect(isMaking).toBe(true);
  await expectNothingLeft(workplace, look(workplace, '', 0), 'a run, killed while it made its directory');
  expect(readdirSync(place).filter((name) => !existsSync(join(place, name, 'manifest.json')))).toEqual([]);
  workplace.remove();
}, 60_000);
