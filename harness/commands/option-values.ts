import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { ShardChoice } from '../core/shard.ts';
import { highestRate, isRate } from '../core/open-loop.ts';

/** `5%` as a share: 0.05. Throws InvalidArgumentError. */
export function percent(text: string): number {
  const share = /^\d+(\.\d+)?%$/.test(text) ? Number.parseFloat(text) / 100 : NaN;
  if (share >= 0.001 && share <= 1) return share;
  throw new InvalidArgumentError(`"${text}" is not a percentage from 0.1% to 100%.`);
}

/** A rate that an open loop can be asked for. Throws InvalidArgumentError. */
export function requestsPerSecond(text: string): number {
  const rate = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (isRate(rate)) return rate;
  if (text.endsWith('%')) {
    throw new InvalidArgumentError(
      `"${text}" is a share; give a number of requests per second, or take the scenario latency, which asks for shares.`,
    );
  }
  throw new InvalidArgumentError(
    `"${text}" is not a number of requests per second above 0 and up to ${highestRate}.`,
  );
}

/** `2/8`: the second of eight shards. Throws InvalidArgumentError. */
export function shardChoice(text: string): ShardChoice {
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text)?.map(Number) ?? [];
  if (index !== undefined && of !== undefined && index >= 1 && index <= of) return { index, of };
  throw new InvalidArgumentError(
    `"${text}" is no shard; write its number, counted from 1, and how many there are, such as 2/8.`,
  );
}
