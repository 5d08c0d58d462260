/** This moment on the clock by which native programs here take their samples, in microseconds. */
export const monotonicUs = (): number => Number(process.hrtime.bigint() / 1000n);
