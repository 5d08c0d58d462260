import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { LineCounter, parseDocument } from 'yaml';
import { UserError } from '../core/errors.ts';
import { inventoryFrom, inventoryOfVagrant, inventorySchema, type Inventory } from '../core/inventory.ts';
import { projectRoot } from './machine.ts';
import { readText } from './output-files.ts';

/** The word of --hosts for the machines of the Vagrantfile. */
const vagrantHosts = 'vagrant';

/** The inventory in a file, or Vagrant's. Throws UserError that names file, line and column. */
export async function readInventory(nameOrFile: string): Promise<Inventory> {
  if (nameOrFile === vagrantHosts) return vagrantInventory();
  const text = await readText(resolve(nameOrFile));
  if (text === null) {
    throw new UserError(
      `--hosts: there is no kind of hosts and no file "${nameOrFile}"`,
      'name netns, loopback, vagrant, or a file such as hosts.yaml (docs/hosts.md has an example)',
    );
  }
  return parseInventory(text, nameOrFile);
}

/** Throws UserError that names the place in `file`. */
export function parseInventory(text: string, file: string): Inventory {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const refuse = (offset: number | undefined, message: string): never => {
    const { line, col } = lines.linePos(offset ?? 0);
    const place = offset === undefined ? file : `${file}:${line}:${col}`;
    throw new UserError(`${place}: ${message}`, 'mend it; docs/hosts.md says what an inventory holds');
  };
  const [error] = document.errors;
  if (error) refuse(error.pos[0], error.message.split('\n')[0]!.replace(/ at line \d+.*$/, ''));
  const parsed = inventorySchema.safeParse(document.toJS() as unknown);
  if (parsed.success) return inventoryFrom(parsed.data);
  const [issue] = parsed.error.issues as [(typeof parsed.error.issues)[number]];
  const { path } = issue;
  // Of a name that is refused zod says why one level below.
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const where = path.join('.');
  // What is missing has no place of its own: that of what it is missing from.
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
    if (Array.isArray(range))
      return refuse(Number(range[0]), `${where === '' ? '' : `${where}: `}${message}`);
  }
  return refuse(undefined, `${where}: ${message}`);
}

async function vagrantInventory(): Promise<Inventory> {
  const asked = await execa('vagrant', ['ssh-config'], { cwd: projectRoot, reject: false });
  if (asked.exitCode !== 0 && asked.stdout.trim() === '') {
    const said = asked.stderr.trim().split('\n').at(-1) ?? '';
    throw new UserError(
      `--hosts ${vagrantHosts}: vagrant ssh-config failed${said === '' ? ': is Vagrant installed?' : ` (${said})`}`,
      'start the machines: npm run vm:up',
    );
  }
  const directory = join(projectRoot, '.vagrant');
  await mkdir(directory, { recursive: true });
  return inventoryOfVagrant(asked.stdout, join(directory, 'known_hosts'));
}
