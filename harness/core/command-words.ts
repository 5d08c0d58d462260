import { parse, type ParseEntry } from 'shell-quote';
import { UserError } from './errors.ts';

/** Words, quoted ones and escaped characters, each quote closed. */
const closedQuotes = /^(?:[^'"\\]|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*")*$/;

/**
 * Splits a command into words as a POSIX shell does, quotes and backslashes included, and does nothing else of what a
 * shell does: variables, patterns, pipes and the like are refused, since no shell will ever see the command.
 * `where` names the command in messages. Throws UserError.
 */
export function splitCommand(command: string, where: string): string[] {
  if (!closedQuotes.test(command)) throw new UserError(`${where}: a quote is not closed`, 'close it');
  // shell-quote takes a backquote for an ordinary character.
  if (command.includes('`')) throw ofAShell(where, '`');
  const words = entriesOf(command, where).map((entry) => {
    if (typeof entry !== 'string') throw ofAShell(where, symbolOf(entry));
    if (entry.startsWith('~')) throw ofAShell(where, entry);
    return entry;
  });
  if (words.length === 0) throw new UserError(`${where}: the command is empty`, 'name a program');
  return words;
}

type Variable = { op: `$${string}` };
type Entry = ParseEntry | Variable;

function entriesOf(command: string, where: string): Entry[] {
  try {
    return parse<Variable>(command, (name) => ({ op: `$${name}` }));
  } catch {
    throw ofAShell(where, '${');
  }
}

function symbolOf(entry: Exclude<Entry, string>): string {
  if ('comment' in entry) return '#';
  return 'pattern' in entry ? entry.pattern : entry.op;
}

function ofAShell(where: string, symbol: string): UserError {
  return new UserError(
    `${where}: "${symbol}" is for a shell, and the command is run without one`,
    'put single quotes around it if the server is to have it as it stands; else put the command into a script',
  );
}
