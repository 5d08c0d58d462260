/** Where a page finds what it points to: paths relative to the page, encoded for a link. */
export interface Links {
  /** The run's directory. */
  readonly run: string;
  /** The directory of the page's charts and side pages. */
  readonly beside: string;
}
