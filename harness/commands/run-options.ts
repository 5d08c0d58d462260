import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { messageOf } from '../core/errors.ts';
import { arrivalKinds } from '../core/open-loop.ts';
import { limits } from '../core/limits.ts';
import { variantChoiceSchema, type VariantChoice } from '../core/scenario.ts';
import { formatDuration, parseDuration } from '../core/units.ts';
import { progressKinds } from './choose-progress.ts';
import { percent, requestsPerSecond, shardChoice } from './option-values.ts';

/** The options of harness/run.ts. */
export function runCommand() {
  return new Command('harness/run.ts')
    .description(
      'Measures the servers of a scenario over its grid of concurrencies, and renders the report.\n\n' +
        'Results go to results/<scenario>/<run>/, the report to reports/<scenario>.md.',
    )
    .option('--scenario <name|file>', 'scenario to run: a name of --list, or a TypeScript file')
    .option('--list', 'list the scenarios, loads and hosts that there are')
    .option('--dry-run', 'print the plan and how long it takes; measure nothing')
    .option('--quick', 'the whole grid in about 3 minutes: short windows, few repeats')
    .option(
      '--fidelity <name>',
      '"seed": single runs of 30 s under the webbench model, as the seed made them',
      seedOnly,
    )
    .option(
      '--server <id=command>',
      "a server of your own beside the scenario's; {port} and {address} say where it is to listen (repeatable)",
      ownServer,
    )
    .option('--variants <ids>', 'only these variants, separated by commas', listOf(identity))
    .option(
      '--concurrency <numbers>',
      'these concurrencies instead, such as 1,5,10',
      listOf(wholeNumber(limits.concurrency)),
    )
    .option('--condition <ids>', 'only these conditions of a scenario that has several', listOf(identity))
    .option('--repeats <n>', 'repeats of each cell', wholeNumber(limits.blocks))
    .option('--duration <time>', 'measured window of each timed repeat, such as 500ms or 3s', duration)
    .option(
      '--precision <percent>',
      'repeat the cells that need it until the 95 % interval of each ratio is within this, such as 5%',
      percent,
    )
    .option(
      '--budget <time>',
      'time for all repeats together, such as 10m; blocks are given up until the plan fits (with --precision: default 30m)',
      budget,
    )
    .option(
      '--resume [run]',
      'go on with a run that ended early: results/<scenario>/<run>, or without a name the newest one',
    )
    .option('--explain', 'with --resume: say of each repeat why it is made again, or not')
    .option('--load <name>', 'load generator: a name of --list')
    .option(
      '--rate <n>',
      'requests per second, which start at planned times whatever became of others: an open loop (loads uring and epoll)',
      requestsPerSecond,
    )
    .addOption(
      new Option('--arrivals <kind>', 'with --rate: equal gaps between the starts, or random ones').choices(
        arrivalKinds,
      ),
    )
    .option(
      '--requests-per-connection <n>',
      'requests on each connection, for servers and load (0: no limit); no ceiling of the load is measured then',
      wholeNumber(limits.requestsPerConnection, 0),
    )
    .option(
      '--tool-path <load=path>',
      "where a load's tool is, if not on PATH, such as wrk=/opt/wrk/wrk; can be given several times",
      toolPath,
    )
    .option(
      '--hosts <kind|file>',
      'netns (network namespaces), loopback, vagrant, or an inventory of machines that ssh reaches, such as hosts.yaml',
    )
    .addOption(
      new Option(
        '--on-lost-host <what>',
        'where a machine cannot be reached any more: go on when it can be again within a minute (the default), or stop',
      ).choices(['go-on', 'stop'] as const),
    )
    .option(
      '--jerries <n>',
      'hosts that make the load together, each with a part of the connections (loads of forkbench only)',
      wholeNumber(limits.jerries),
    )
    .option(
      '--seed <n>',
      'seed of the random order of repeats (default: drawn, and kept in the manifest)',
      wholeNumber(2 ** 31 - 1, 0),
    )
    .option(
      '--shard <i/n>',
      'only the i-th of n parts of the plan, on a machine of its own; with --seed, and joined by harness/merge.ts',
      shardChoice,
    )
    .option('--out <dir>', 'write results/ and reports/ below this directory instead')
    .addOption(
      new Option('--progress <kind>', 'a table that fills up on a terminal, or plain lines')
        .choices(progressKinds)
        .default('auto' as const),
    )
    .option('--json', 'print the outcome as JSON on standard output; progress goes to standard error')
    .helpOption('-h, --help', 'print this help')
    .allowExcessArguments(false)
    .showHelpAfterError('(see: npx tsx harness/run.ts --help)')
    .addHelpText(
      'after',
      `
Exit code: 0 all repeats measured; 1 some failed (they are named); 2 bad input; 130 interrupted.

Examples:
  npx tsx harness/run.ts --scenario single-core --quick
  npx tsx harness/run.ts --scenario single-core --variants blocking-serial --concurrency 5,10 --repeats 3
  npx tsx harness/run.ts --scenario single-core --server 'mine=./my-server --port {port}' --variants mine
  npx tsx harness/run.ts --scenario single-core --quick --precision 10% --budget 15m
  npx tsx harness/run.ts --scenario single-core --concurrency 1000 --rate 2000 --arrivals poisson
  npx tsx harness/run.ts --resume --explain --dry-run
  npx tsx harness/run.ts --scenario dual-core --load processes --dry-run`,
    );
}

export type RunOptions = ReturnType<ReturnType<typeof runCommand>['opts']>;

function ownServer(text: string, earlier: VariantChoice[] = []): VariantChoice[] {
  const [, id, command] = /^([^=]*)=([^]*)$/.exec(text) ?? [];
  const parsed = variantChoiceSchema.safeParse({ id, label: id, plugin: 'command', params: { command } });
  if (parsed.success) return [...earlier, parsed.data];
  throw new InvalidArgumentError(
    "write a name of lower-case letters, digits and hyphens, and the command: 'mine=./my-server --port {port}'.",
  );
}

const identity = (text: string): string => text;

function wholeNumber(largest: number, smallest = 1): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (number >= smallest && number <= largest) return number;
    throw new InvalidArgumentError(`"${text}" is not a whole number from ${smallest} to ${largest}.`);
  };
}

function seedOnly(text: string): 'seed' {
  if (text !== 'seed') throw new InvalidArgumentError(`"${text}" is unknown; the only fidelity is "seed".`);
  return text;
}

function toolPath(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const [, load, path] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (load === undefined || path === undefined)
    throw new InvalidArgumentError('write the name of a load, "=" and a path.');
  return { ...earlier, [load]: path };
}

function listOf<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => {
    const parts = text.split(',').map((part) => part.trim());
    if (parts.some((part) => part === ''))
      throw new InvalidArgumentError('separate the values by single commas.');
    if (new Set(parts).size !== parts.length) throw new InvalidArgumentError('a value is there twice.');
    return parts.map(parse);
  };
}

function milliseconds(text: string, flag: string): number {
  try {
    return parseDuration(text, flag);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}

function budget(text: string): number {
  const ms = milliseconds(text, '--budget');
  if (ms >= 1000 && ms <= longestBudgetMs) return Math.round(ms);
  throw new InvalidArgumentError(`a budget may be from 1s to ${formatDuration(longestBudgetMs)}.`);
}

const longestBudgetMs = 24 * 60 * 60_000;

function duration(text: string): number {
  const ms = milliseconds(text, '--duration');
  const { shortestWindowMs, longestWindowMs } = limits;
  if (Number.isInteger(ms) && ms >= shortestWindowMs && ms <= longestWindowMs) return ms;
  throw new InvalidArgumentError(
    `a window may take from ${formatDuration(shortestWindowMs)} to ${formatDuration(longestWindowMs)}, in whole milliseconds.`,
  );
}
