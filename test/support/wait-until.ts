import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves with the first truthy result of `probe`; throws with `what` was awaited when `limitMs` is over. */
export async function waitUntil<T>(
  what: string,
  probe: () => T | Promise<T>,
  limitMs = 10_000,
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const result = await probe();
    if (result) return result as Exclude<T, false | null | undefined | 0 | ''>;
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(5);
  }
}
