import { UserError } from '../core/errors.ts';
import type { Variant } from '../core/plugin.ts';

/**
 * A variant for one of the programs in servers/. All of them take the same flags; `flags` are those that a scenario
 * may set, named as on the command line without the dashes.
 */
export function forkbenchServer(program: string, summary: string, flags: readonly string[]): Variant {
  return {
    summary,
    countsItself: () => true,
    programs: async (_, machine) => ({ [program]: machine.program(program) }),
    async check(machine) {
      machine.program(program);
      return null;
    },
    async command(choice, { machine, address, port, counterFile }) {
      const parameters = Object.entries(choice.params).flatMap(([name, value]) => {
        if (!flags.includes(name)) {
          throw new UserError(
            `variant ${choice.id}: ${program} has no parameter "${name}"`,
            `use one of ${flags.join(', ')}`,
          );
        }
        return [`--${name}`, String(value)];
      });
      return [
        machine.program(program),
        '--host',
        address,
        '--port',
        String(port),
        '--counters',
        counterFile,
        ...parameters,
      ];
    },
  };
}
