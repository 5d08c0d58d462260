import { InvalidArgumentError } from '@commander-js/extra-typings';

/** `5%` as a share: 0.05. Throws InvalidArgumentError. */
export function percent(text: string): number {
  const share = /^\d+(\.\d+)?%$/.test(text) ? Number.parseFloat(text) / 100 : NaN;
  if (share >= 0.001 && share <= 1) return share;
  throw new InvalidArgumentError(`"${text}" is not a percentage from 0.1% to 100%.`);
}
