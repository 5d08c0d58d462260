import { checkLoadParams } from '../core/load-params.ts';
import { windowEvent } from '../core/load-events.ts';
import type { Load, LoadRequest, Machine } from '../core/plugin.ts';
import type { LoadResult } from '../core/record.ts';
import type { LoadChoice } from '../core/scenario.ts';
import { readToolRun, soundResult, type ToolRun } from '../core/tool-run.ts';

/** What a load generator of somebody else's is, and how its output becomes a result. */
interface ExternalTool {
  /** Found on PATH under this name, unless the load's parameter `path` says where it is. */
  readonly program: string;
  readonly summary: string;
  /** How to get it. */
  readonly remedy: string;
  readonly minimumWindowMs: number;
  overheadMs(concurrency: number): number;
  /** Time that it always idles away before it loads anything; kept out of the window. */
  readonly napMs?: number;
  version(machine: Machine, path: string): Promise<string>;
  arguments(request: LoadRequest, machine: Machine): string[];
  /** Throws an Error that says what was wrong. */
  read(run: ToolRun, request: LoadRequest): LoadResult;
}

/** A load for a tool that knows no warm-up and loads from its start to its end. */
export function externalLoad(tool: ExternalTool): Load {
  const { program, summary, minimumWindowMs, remedy } = tool;
  return {
    summary,
    minimumWindowMs,
    hasWarmup: false,
    overheadMs: (concurrency) => (tool.napMs ?? 0) + tool.overheadMs(concurrency),
    check: (machine, choice) => checkTool(machine, choice, program, remedy),
    versions: (machine, choice) => toolVersion(machine, choice, program, tool.version),
    command(request, machine) {
      const path = toolPath(request.choice, program);
      const nap = tool.napMs === undefined ? [] : ['--warmup-ms', String(tool.napMs)];
      return [machine.program('timed-run'), ...nap, '--', path, ...tool.arguments(request, machine)];
    },
    windowEvent,
    parse: (finished, request) => soundResult(program, tool.read(readToolRun(program, finished), request)),
  };
}

/** Where the load's tool is to be found. Throws UserError for a parameter that no tool has. */
export function toolPath(choice: LoadChoice, program: string): string {
  checkLoadParams(choice, ['path']);
  return String(choice.params['path'] ?? program);
}

export async function checkTool(machine: Machine, choice: LoadChoice, program: string, remedy: string) {
  const path = toolPath(choice, program);
  if ((await machine.which(path)) !== null) return null;
  const elsewhere = `or say where it is: --tool-path ${choice.id}=PATH`;
  return path === program
    ? { reason: `${program} is not installed`, remedy: `${remedy}, ${elsewhere}` }
    : { reason: `${path} is no program that can be run`, remedy: `mend --tool-path ${choice.id}=PATH` };
}

export async function toolVersion(
  machine: Machine,
  choice: LoadChoice,
  program: string,
  version: ExternalTool['version'],
): Promise<Record<string, string>> {
  const path = await machine.which(toolPath(choice, program));
  return path === null ? {} : { [program]: await version(machine, path) };
}

/** The first line that the tool prints when it is asked for its version, whatever exit code it gives then. */
export const askVersion =
  (flag: string): ExternalTool['version'] =>
  async (machine, path) => {
    const { stdout, stderr } = await machine.run([path, flag]);
    return `${stdout}\n${stderr}`.trim().split('\n')[0] ?? '';
  };

export const urlOf = ({ address, port }: LoadRequest): string => `http://${address}:${port}/`;

/** The window for tools that take whole seconds only. */
export const wholeSeconds = ({ windowMs }: LoadRequest): number => Math.max(1, Math.ceil(windowMs / 1000));
