import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { which } from '../../harness/effects/which.ts';
import type { Workplace } from './harness.ts';
import { repository } from './repository.ts';

/** Somebody without a login, a home or rights. */
const ordinaryUser = 64_321;

export const asOrdinaryUser = [
  ...['setpriv', '--reuid', String(ordinaryUser), '--regid', String(ordinaryUser)],
  ...['--clear-groups', '--inh-caps', '-all'],
];

export interface Restrictions {
  /** Run by an ordinary user. */
  readonly ordinary?: boolean;
  /** A command that runs what follows it. */
  readonly under?: readonly string[];
  /** Programs that are not there. */
  readonly without?: readonly string[];
}

/**
 * Mounts that nobody else sees: the clone and Node where an ordinary user finds them, wherever they really are, and
 * nothing in place of the programs that are to be missing.
 */
const enterScript = `
place=$1 node=$2 clone=$3; shift 3
mount --bind "$clone" "$place/clone" && mount --bind "$node" "$place/node" || exit 1
while [ "$1" != -- ]; do mount --bind "$place/nothing" "$1" || exit 1; shift; done
shift
cd "$place/clone" && exec "$@"
`;

/** Starts harness/run.ts on a machine that allows less; its results go to the workplace. */
export async function startRestricted(
  workplace: Workplace,
  args: readonly string[],
  { ordinary = false, under = [], without = [] }: Restrictions,
) {
  const place = join(workplace.out, 'place');
  mkdirSync(join(place, 'clone'), { recursive: true });
  for (const file of ['node', 'nothing']) writeFileSync(join(place, file), '', { mode: 0o644 });
  chmodSync(workplace.out, 0o755);
  if (ordinary) chownSync(workplace.out, ordinaryUser, ordinaryUser);
  const missing = await Promise.all(without.map((program) => which(program)));
  const command = [
    ...['unshare', '--mount', 'sh', '-c', enterScript, 'sh', place, process.execPath, repository],
    ...missing.filter((path) => path !== null),
    '--',
    ...(ordinary ? asOrdinaryUser : []),
    ...under,
    ...[join(place, 'node'), '--import', 'tsx', 'harness/run.ts', ...args, '--out', workplace.out],
  ];
  return execa(command[0]!, command.slice(1), {
    reject: false,
    timeout: 200_000,
    env: { FORKBENCH_SESSIONS: workplace.sessions },
  });
}
