import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { encodeDistribution, parseGeneratorOutput } from '../core/generator-output.ts';
import { checkLoadParams } from '../core/load-params.ts';
import { windowEvent } from '../core/load-events.ts';
import type { Finished, Load, LoadRequest } from '../core/plugin.ts';
import type { LoadResult } from '../core/record.ts';

export const generatorProgram = 'shortconn';

/** A load for one engine of our own generator. */
export function generatorLoad(
  engine: string,
  options: { summary: string; overheadMs: (concurrency: number) => number },
): Load {
  return {
    summary: options.summary,
    minimumWindowMs: 100,
    overheadMs: options.overheadMs,
    async check(machine) {
      machine.program(generatorProgram);
      return null;
    },
    versions: async () => ({}),
    command(request, machine) {
      checkLoadParams(request.choice);
      return [
        machine.program(generatorProgram),
        ...['--engine', engine],
        ...['--host', request.address],
        ...['--port', String(request.port)],
        ...['--connections', String(request.concurrency)],
        ...['--warmup-ms', String(request.warmupMs)],
        ...['--duration-ms', String(request.windowMs)],
        ...['--drain-ms', String(request.drainMs)],
      ];
    },
    windowEvent,
    parse: parseResult,
  };
}

function parseResult(finished: Finished, request: LoadRequest): LoadResult {
  if (finished.exitCode !== 0) {
    throw new Error(
      finished.stderr.trim() || `the generator ended with exit code ${String(finished.exitCode)}`,
    );
  }
  const result = parseGeneratorOutput(finished.stdout);
  const { firstHalf, secondHalf, ...window } = result.window;
  const lost = result.lostClients ?? 0;
  return {
    window: { durationMs: result.windowMs, ...window, halves: [firstHalf, secondHalf] },
    total: result.total,
    stalled: {
      count: result.stalled.count,
      connecting: result.stalled.connecting,
      oldestMs: result.stalled.oldestMs,
    },
    cpu: result.cpu,
    connectTime: encodeDistribution(result.connectTimeUs),
    responseTime: encodeDistribution(result.responseTimeUs),
    notes: lost > 0 ? [`${lost} of ${request.concurrency} client processes were lost`] : [],
  };
}

/** Content hash of a program, as the manifest keeps it. */
export async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
