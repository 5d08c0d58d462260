import type { HostSide } from '../core/plugin.ts';
import { windowNote } from '../core/sampler-output.ts';
import { startUntilItSpeaks } from './first-line.ts';

/** A sampler at work on a host. */
export interface Sampler {
  /** Ends it; resolves with all that it printed. Throws an Error where it had ended before. */
  read(): Promise<string>;
  close(): Promise<void>;
}

const limitMs = 30 * 60_000;

/** Starts probes/sampler.cc on a host; resolves when it has taken its first sample, rejects with its reason if it can't. */
export async function startSampler(side: HostSide, options: readonly string[]): Promise<Sampler> {
  const argv = [side.machine.program('sampler'), ...options];
  const { running } = await startUntilItSpeaks(side.start, argv, limitMs);
  return {
    async read() {
      const finished = await running.stop();
      if (finished.exitCode !== 0) throw new Error(`the sampler ended early: ${finished.stderr.trim()}`);
      return finished.stdout;
    },
    close: async () => void (await running.stop()),
  };
}

/** A sampler on each of the hosts, in their order, or none. */
export async function startSamplers(
  sides: readonly HostSide[],
  options: readonly string[],
): Promise<Sampler[]> {
  const samplers: Sampler[] = [];
  try {
    for (const side of sides) samplers.push(await startSampler(side, options));
    return samplers;
  } catch (error) {
    await Promise.all(samplers.map((sampler) => sampler.close()));
    throw error;
  }
}

/** Notes when a window starts and ends, on Tom's clock; what never was told of reaches as far as there are samples. */
export function windowClock({ nowUs }: HostSide) {
  let fromUs: number | null = null;
  let toUs: number | null = null;
  return {
    start: (): void => void (fromUs = nowUs()),
    end: (): void => void (toUs = nowUs()),
    /** For `spanIn`. */
    note: (): string => windowNote({ fromUs, toUs }),
  };
}
