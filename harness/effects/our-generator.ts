import { UserError } from '../core/errors.ts';
import {
  encodeDistribution,
  parseGeneratorOutput,
  type GeneratedOpenLoop,
} from '../core/generator-output.ts';
import { windowEvent } from '../core/load-events.ts';
import type { Finished, Load, LoadRequest, Problem } from '../core/plugin.ts';
import { arrivalKinds, highestRate, isRate, noRate, openLoopParams, ratedLoads } from '../core/open-loop.ts';
import type { LoadResult, OpenLoop } from '../core/record.ts';

export const generatorProgram = 'shortconn';

/** A parameter of a scenario's load: the flag that it becomes, and which values it may have. */
interface Parameter {
  readonly flag: string;
  readonly allows: (value: ParameterValue) => boolean;
  readonly values: string;
}

type ParameterValue = LoadRequest['choice']['params'][string];

const isCount = (value: ParameterValue): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0;

const parameters: Record<string, Parameter> = {
  'send-delay-ms': { flag: '--send-delay', allows: isCount, values: 'a whole number of milliseconds' },
  'read-rate': { flag: '--read-rate', allows: isCount, values: 'a whole number of bytes per second' },
  'requests-per-connection': {
    flag: '--requests-per-connection',
    allows: isCount,
    values: 'a whole number, 0 for as many as the server answers',
  },
  close: {
    flag: '--close',
    allows: (value) => ['server', 'client', 'reset'].includes(String(value)),
    values: 'server, client or reset',
  },
  [openLoopParams.rate]: {
    flag: '--rate',
    allows: (value) => isRate(value),
    values: `a number of requests per second above 0 and up to ${highestRate}`,
  },
  [openLoopParams.arrivals]: {
    flag: '--arrivals',
    allows: (value) => (arrivalKinds as readonly unknown[]).includes(value),
    values: arrivalKinds.join(' or '),
  },
  [openLoopParams.seed]: { flag: '--arrival-seed', allows: isCount, values: 'a whole number' },
};

/** A load for one engine of our own generator; `parameters` are those that a scenario may set. */
export function generatorLoad(
  engine: string,
  options: {
    summary: string;
    overheadMs: (concurrency: number) => number;
    parameters?: Record<string, Parameter>;
  },
): Load {
  const known = options.parameters ?? parameters;
  return {
    summary: options.summary,
    minimumWindowMs: 100,
    startsTogether: true,
    ...(openLoopParams.rate in known ? { keepsRate: true } : {}),
    overheadMs: options.overheadMs,
    async check(machine) {
      const result = await machine.run([machine.program(generatorProgram), '--check-engine', engine]);
      if (result.exitCode === 0) return null;
      return problemFrom((result.startError ?? result.stderr).trim());
    },
    versions: async () => ({}),
    command(request, machine) {
      const flags = Object.entries(request.choice.params).flatMap(([name, value]) =>
        flagFor(request.choice.id, known, name, value),
      );
      return [
        machine.program(generatorProgram),
        ...['--engine', engine],
        ...['--host', request.address],
        ...['--port', String(request.port)],
        ...['--connections', String(request.concurrency)],
        ...['--warmup-ms', String(request.warmupMs)],
        ...(request.warmupLimitMs === undefined ? [] : ['--warmup-limit-ms', String(request.warmupLimitMs)]),
        ...['--duration-ms', String(request.windowMs)],
        ...['--drain-ms', String(request.drainMs)],
        ...(request.startAtMs === undefined
          ? []
          : ['--start-at-us', String(Math.round(request.startAtMs * 1000))]),
        ...flags,
      ];
    },
    windowEvent,
    parse: parseResult,
  };
}

function flagFor(
  id: string,
  known: Record<string, Parameter>,
  name: string,
  value: ParameterValue,
): [string, string] {
  const parameter = known[name];
  if (parameter === undefined) {
    const names = Object.keys(known);
    if (name === openLoopParams.rate) throw new UserError(noRate(id), ratedLoads);
    throw new UserError(
      `load ${id} has no parameter "${name}"`,
      names.length === 0 ? 'remove it from the scenario' : `use one of ${names.join(', ')}`,
    );
  }
  if (!parameter.allows(value)) {
    throw new UserError(`load ${id}: ${name} ${String(value)} cannot be used`, `give ${parameter.values}`);
  }
  return [parameter.flag, String(value)];
}

/** Of the generator's line "shortconn: REASON; REMEDY". What is --engine there is --load where the harness is asked. */
function problemFrom(line: string): Problem {
  const said = line.replace(`${generatorProgram}: `, '').replaceAll('--engine ', '--load ');
  const [reason = said, ...remedies] = said.split('; ');
  return remedies.length === 0 ? { reason } : { reason, remedy: remedies.join('; ') };
}

function parseResult(finished: Finished, request: LoadRequest): LoadResult {
  if (finished.exitCode !== 0) {
    throw new Error(
      finished.stderr.trim() ||
        (finished.timedOut ? 'the generator ran into its time limit' : '') ||
        `the generator ended with exit code ${String(finished.exitCode)}`,
    );
  }
  const result = parseGeneratorOutput(finished.stdout);
  const { firstHalf, secondHalf, ...window } = result.window;
  const lost = result.lostClients ?? 0;
  return {
    ...(result.warmup === undefined ? {} : { warmup: result.warmup }),
    ...(result.startMs === undefined ? {} : { startMs: result.startMs }),
    window: { durationMs: result.windowMs, ...window, halves: [firstHalf, secondHalf] },
    total: result.total,
    stalled: {
      count: result.stalled.count,
      connecting: result.stalled.connecting,
      oldestMs: result.stalled.oldestMs,
    },
    ...(result.connectionUse === undefined ? {} : { connectionUse: result.connectionUse }),
    cpu: result.cpu,
    connectTime: encodeDistribution(result.connectTimeUs),
    responseTime: encodeDistribution(result.responseTimeUs),
    ...(result.openLoop === undefined ? {} : { openLoop: openLoopOf(result.openLoop) }),
    checksResponses: true,
    notes: lost > 0 ? [`${lost} of ${request.concurrency} client processes were lost`] : [],
  };
}

function openLoopOf({ scheduleErrorUs, waitUs, ...counts }: GeneratedOpenLoop): OpenLoop {
  return { ...counts, scheduleError: encodeDistribution(scheduleErrorUs), wait: encodeDistribution(waitUs) };
}
