import { join } from 'node:path';
import { z } from 'zod';
import { readParams } from '../../core/params.ts';
import type { Variant } from '../../core/plugin.ts';
import { onlyHere, projectRoot } from '../../effects/machine.ts';

const paramsSchema = z.strictObject({
  fault: z.enum(['mute', 'status', 'length', 'garbage', 'close', 'reset']),
  share: z.number().min(0).max(1).default(1).describe('of the requests'),
  after: z
    .number()
    .int()
    .min(0)
    .default(1)
    .describe('requests that are answered well first: one shows it ready'),
});

const program = join(projectRoot, 'servers', 'faulty.ts');

/** No server to compare: it shows that wrong answers are not taken for right ones. */
const faulty: Variant = {
  summary: 'answers some requests wrongly, or never: to try out what notices that',
  check: async (machine) => onlyHere(machine),
  countsItself: () => false,

  async command({ id, params }, { address, port }) {
    const { fault, share, after } = readParams(paramsSchema, params, `variant ${id}`);
    const tsx = import.meta.resolve('tsx');
    return [process.execPath, '--import', tsx, program, address, ...[port, fault, share, after].map(String)];
  },

  programs: async () => ({ faulty: program }),
};

export default faulty;
