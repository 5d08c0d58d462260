import type { Variant } from '../../core/plugin.ts';
import { commandServer } from '../../effects/command-server.ts';

/** Any server, by the command that starts it: what --server is made of. */
const command: Variant = commandServer({
  summary: 'a server of your own, by its command: see --server',
  params: ['command'],
  command: ({ params }) => String(params['command'] ?? ''),
});

export default command;
