/** One exchange with another host: our clocks before and after it, and its clocks meanwhile. All in microseconds. */
export interface ClockExchange {
  readonly sentUs: number;
  readonly receivedUs: number;
  readonly sentUnixUs: number;
  readonly theirMonotonicUs: number;
  readonly theirUnixUs: number;
}

export interface ClockOffset {
  /** What is to be added to our monotonic clock to have theirs. */
  readonly monotonicUs: number;
  /** How far their wall clock is ahead of ours. */
  readonly unixUs: number;
  /** The true offset is no further away than this. */
  readonly uncertaintyUs: number;
}

/**
 * The offset by the exchange with the shortest round trip: their clock was read at some moment of it, so the middle is
 * wrong by half of it at most.
 */
export function clockOffset(exchanges: readonly ClockExchange[]): ClockOffset {
  const roundTrip = ({ sentUs, receivedUs }: ClockExchange): number => receivedUs - sentUs;
  const [first, ...others] = exchanges;
  if (first === undefined) throw new Error('no exchange of clocks');
  const best = others.reduce((a, b) => (roundTrip(b) < roundTrip(a) ? b : a), first);
  const half = roundTrip(best) / 2;
  return {
    monotonicUs: best.theirMonotonicUs - (best.sentUs + half),
    unixUs: best.theirUnixUs - (best.sentUnixUs + half),
    uncertaintyUs: half,
  };
}
