/** What a process has printed so far. */
export interface Output {
  stdout: string;
  stderr: string;
}

/** Output beyond this many characters is cut: no tool that we start has a reason to write more. */
const mostCharacters = 16 * 1024 * 1024;

/** Takes what a process prints on one stream, as it comes: keeps it, and hands its whole lines on. */
export function outputTaker(
  collected: Output,
  stream: keyof Output,
  onLine: ((line: string) => void) | undefined,
): (text: string) => void {
  let pending = '';
  return (text) => {
    if (collected[stream].length < mostCharacters) collected[stream] += text;
    if (!onLine) return;
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}
