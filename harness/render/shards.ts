import { missingShards } from '../analysis/merge.ts';
import { systemDifferences } from '../analysis/places.ts';
import type { Environment, Manifest, MergedShard } from '../core/manifest.ts';
import { formatInstant, listOf, plural } from './format.ts';
import { blocks, code, escapeText, table } from './markdown.ts';

/** Which machines a run was joined from, and where each differs from the first; null where it is no such run. */
export function shardsText({ merged }: Manifest): string | null {
  if (merged === undefined) return null;
  const [first] = merged.shards as [MergedShard];
  const rows = merged.shards.map((shard) => [
    `${shard.index}/${merged.of}`,
    code(shard.runId),
    formatInstant(shard.createdAt),
    differenceFrom(first, shard),
  ]);
  return blocks([
    `The run was joined of ${plural(merged.shards.length, 'shard')}, each of which ran on another machine of the same kind, or at another time. ` +
      'Each block was made by one of them, whole; what stands above is that of the first.',
    table(['shard', 'run', 'began', 'otherwise than the first'], rows, ['l', 'l', 'l', 'l']),
  ]);
}

function differenceFrom(first: MergedShard, shard: MergedShard): string {
  if (first === shard) return '';
  const found = [
    ...value('memory', `${first.environment.memoryMb} MB`, `${shard.environment.memoryMb} MB`),
    ...value('hosts', hostsOf(first.environment), hostsOf(shard.environment)),
    ...systemDifferences(first.environment, shard.environment).map(({ name, second }) => `${name} ${second}`),
    ...value('link', linkOf(first.environment), linkOf(shard.environment)),
    ...value('commit', commitOf(first), commitOf(shard)),
    ...versionsOf(first, shard),
  ];
  return found.length === 0 ? 'nothing' : escapeText(found.join('; '));
}

const value = (name: string, first: string, other: string): string[] =>
  first === other ? [] : [`${name} ${other}`];

const hostsOf = ({ hostNote, tom, jerry }: Environment): string =>
  [`Tom ${tom.address}, Jerry ${jerry.address}`, ...(hostNote === null ? [] : [hostNote])].join('. ');

/** To two digits: every measurement of it gives another figure. */
function linkOf({ link }: Environment): string {
  if (link === undefined || link.bitsPerSecond === null) return 'not measured';
  return `${(link.bitsPerSecond / 1e9).toPrecision(2)} Gbit/s`;
}

const commitOf = ({ git }: MergedShard): string =>
  `${git.commit?.slice(0, 12) ?? 'unknown'}${git.dirty === true ? ' with changes' : ''}`;

function versionsOf({ versions: first }: MergedShard, { versions }: MergedShard): string[] {
  const names = [...new Set([...Object.keys(first), ...Object.keys(versions)])].sort();
  return names.flatMap((name) => value(name, first[name] ?? 'none', versions[name] ?? 'none'));
}

/** What must not be overlooked of a run that was joined of some of its shards only; null where all are there. */
export function missingShardsText({ merged }: Manifest): string | null {
  if (merged === undefined) return null;
  const indexes = merged.shards.map(({ index }) => index);
  const missing = missingShards(indexes, merged.of);
  if (missing.length === 0) return null;
  return `Of ${plural(merged.of, 'shard')} ${listOf(missing.map(String))} ${missing.length === 1 ? 'is' : 'are'} missing, with ${missing.length === 1 ? 'its' : 'their'} blocks.`;
}
