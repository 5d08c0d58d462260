import { relative } from 'node:path';

/** A path as it is shown to whoever works in this directory: from here, or as it is where that would be nothing. */
export const shownPath = (path: string): string => relative(process.cwd(), path) || path;
