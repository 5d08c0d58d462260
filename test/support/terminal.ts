import { execaSync } from 'execa';
import { repository } from './repository.ts';

/** A terminal of tmux's, with a program in it. */
export interface Terminal {
  /** What stands there, scrolled-off lines included. */
  text(): string;
  cursorIsShown(): boolean;
  press(key: string): void;
  resize(columns: number, rows: number): void;
  close(): void;
}

/**
 * Opens one, with a tmux server of its own that listens on the file `socket`. When the program has ended, its exit
 * code is printed, and the terminal stays.
 */
export function openTerminal(
  socket: string,
  columns: number,
  rows: number,
  argv: readonly string[],
): Terminal {
  // Without the configuration of whoever runs the tests.
  const tmux = (...args: string[]): string =>
    execaSync('tmux', ['-u', '-S', socket, '-f', '/dev/null', ...args], { cwd: repository }).stdout;
  const script = 'trap : INT; "$@"; echo "exit code $?"; read -r _';
  tmux('new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, 'sh', '-c', script, 'sh', ...argv);
  return {
    text: () => tmux('capture-pane', '-p', '-S', '-'),
    cursorIsShown: () => tmux('display-message', '-p', '#{cursor_flag}') === '1',
    press: (key) => void tmux('send-keys', key),
    resize: (wide, high) => void tmux('resize-window', '-x', `${wide}`, '-y', `${high}`),
    close: () => void tmux('kill-server'),
  };
}
