/** The parts of jstat that are used here; the package comes without types. */
declare module 'jstat' {
  const jStat: {
    /** Student's t distribution: the value that a share `p` of it lies below. */
    readonly studentt: {
      inv(p: number, degreesOfFreedom: number): number;
      /** The share below `x`. */
      cdf(x: number, degreesOfFreedom: number): number;
    };
  };
  export default jStat;
}
