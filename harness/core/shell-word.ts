/** A word as a POSIX shell reads it back. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The one way in which arguments become shell text: sh makes just these words of it again. */
export const shellCommand = (argv: readonly string[]): string => argv.map(shellWord).join(' ');
