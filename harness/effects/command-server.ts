import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { splitCommand } from '../core/command-words.ts';
import { UserError } from '../core/errors.ts';
import type { Machine, Problem, Variant } from '../core/plugin.ts';
import type { VariantChoice } from '../core/scenario.ts';

/** What the harness puts into a command in place of `{name}`. */
const placeholders = ['address', 'port', 'counters'] as const;
type Placeholder = (typeof placeholders)[number];

/**
 * A variant for any program that serves HTTP. `command` gives its command line, which is split into words as a shell
 * would and started without one; `params` are the parameters that a scenario may set. A relative path in it is
 * relative to the directory in which the harness was started.
 */
export function commandServer(server: {
  readonly summary: string;
  readonly command: (choice: VariantChoice) => string;
  readonly params?: readonly string[];
}): Variant {
  const wordsOf = (choice: VariantChoice): string[] => {
    const unknown = Object.keys(choice.params).find((name) => server.params?.includes(name) !== true);
    if (unknown !== undefined) {
      throw new UserError(
        `variant ${choice.id}: ${choice.plugin} has no parameter "${unknown}"`,
        server.params ? `use one of ${server.params.join(', ')}` : 'remove it from the scenario',
      );
    }
    return checkedWords(server.command(choice), `server ${choice.id}`);
  };
  return {
    summary: server.summary,
    countsItself: (choice) => wordsOf(choice).some((word) => word.includes('{counters}')),

    async check(machine, choice) {
      const found = await findProgram(wordsOf(choice)[0]!, machine);
      return typeof found === 'string' ? null : found;
    },

    async command(choice, { machine, address, port, counterFile }) {
      const values = { address, port: String(port), counters: counterFile };
      const [program, ...rest] = wordsOf(choice).map((word) =>
        word.replace(/\{(\w+)\}/g, (_, name: Placeholder) => values[name]),
      );
      const found = await findProgram(program!, machine);
      if (typeof found !== 'string')
        throw new UserError(`server ${choice.id}: ${found.reason}`, found.remedy);
      return [found, ...rest];
    },

    /** The program, and every file that it is given: what an interpreter runs stands there. */
    async programs(choice, machine) {
      const [program, ...rest] = wordsOf(choice);
      if (!machine.isLocal) {
        const path = await findProgram(program!, machine);
        return typeof path === 'string' ? { [`${choice.id}: ${program!}`]: path } : {};
      }
      const paths = [
        [program!, await findProgram(program!, machine)] as const,
        ...rest.map((word) => [word, resolve(word)] as const),
      ];
      const readable = await Promise.all(
        paths.map(async ([word, path]) =>
          typeof path === 'string' && (await isReadableFile(path))
            ? [[`${choice.id}: ${word}`, path] as const]
            : [],
        ),
      );
      return Object.fromEntries(readable.flat());
    },
  };
}

function checkedWords(command: string, where: string): string[] {
  const words = splitCommand(command, where);
  const used = words.flatMap((word) => [...word.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!));
  const unknown = used.find((name) => !placeholders.some((known) => known === name));
  if (unknown !== undefined) {
    throw new UserError(
      `${where}: "{${unknown}}" stands for nothing`,
      `use ${placeholders.map((name) => `{${name}}`).join(', ')}, or put the command into a script`,
    );
  }
  if (!used.includes('port')) {
    throw new UserError(
      `${where}: the command does not say on which port to listen, which the harness chooses`,
      'put {port} where the server takes its port, such as: --port {port}, or in front: env PORT={port} ./my-server',
    );
  }
  return words;
}

/** The path of a program that can be started, or why there is none. */
async function findProgram(word: string, machine: Machine): Promise<string | Problem> {
  if (!word.includes('/')) {
    const path = await machine.which(word);
    if (path !== null) return path;
    const remedy = /^\w+=/.test(word)
      ? `to set a variable, begin with: env ${word}`
      : `install it, or name it by its path, such as ./${word}`;
    return { reason: `there is no program ${word} on PATH`, remedy };
  }
  if (!machine.isLocal) return (await machine.which(word)) ?? notThere(word);
  const path = resolve(word);
  const found = await stat(path).catch(() => null);
  if (found === null) return { reason: `${path} does not exist`, remedy: 'check the path, or build it' };
  if (!found.isFile()) return { reason: `${path} is not a file`, remedy: 'name the program itself' };
  const executable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (executable) return path;
  return { reason: `${path} is not executable`, remedy: `chmod +x ${word}, or name its interpreter first` };
}

const notThere = (word: string): Problem => ({
  reason: `there is no program ${word} on the host that serves`,
  remedy: 'put it there, and name it by its whole path',
});

async function isReadableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
