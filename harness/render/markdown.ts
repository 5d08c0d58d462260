import { markdownTable } from 'markdown-table';

/** Text from outside (messages, names) as plain Markdown text: nothing in it is markup, nor ends a table's cell. */
export function escapeText(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*_<>|[\]#~&$]/g, '\\$&');
}

/**
 * Inline code; a run of backquotes longer than any in the text closes it. Inside a table a pipe must be escaped, which
 * inline code cannot where a backslash stands before it: HTML says that, in which text is escaped as anywhere.
 */
export function code(text: string): string {
  if (text.includes('\\|')) return `<code>${escapeText(text)}</code>`;
  const line = text.replace(/\s+/g, ' ').trim().replaceAll('|', '\\|');
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

export type Align = 'l' | 'r' | 'c';

/** A table. Cells are Markdown: whoever puts foreign text into one escapes it first. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly Align[],
): string {
  // Source columns are not padded: one long cell would widen every row, and diffs would touch rows that did not change.
  return markdownTable([header, ...rows], { align, alignDelimiters: false, padding: true });
}

/** Folded away until a reader opens it. */
export function details(summary: string, body: string): string {
  return `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Blocks with one empty line between them, empty ones dropped. */
export function blocks(parts: readonly (string | null)[]): string {
  return parts.filter((part): part is string => part !== null && part !== '').join('\n\n');
}

/** A file or directory name inside a link. */
export function linkPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
