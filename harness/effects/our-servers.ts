import { UserError } from '../core/errors.ts';
import type { Variant } from '../core/plugin.ts';

/** The flags of every program in servers/ that a scenario may set, named as on the command line without the dashes. */
const commonFlags = [
  'backlog',
  'response-bytes',
  'work-us',
  'defer-accept',
  'recv-timeout-ms',
  'requests-per-connection',
];

/** A variant for one of the programs in servers/; `ownFlags` are those that not every one of them has. */
export function forkbenchServer(program: string, summary: string, ownFlags: readonly string[] = []): Variant {
  const flags = [...ownFlags, ...commonFlags];
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
        return [`--${name}`, typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)];
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
