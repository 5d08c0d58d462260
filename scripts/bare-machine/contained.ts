import { $ } from 'zx/core';

/** Programs in namespaces of their own: whatever ends this process, the kernel ends them and undoes their mounts. */
export class Contained {
  private running: { pid: number | undefined } | undefined;
  private stopped = false;

  get wasStopped(): boolean {
    return this.stopped;
  }

  /** Runs to the end and returns the exit code; 137 when it was stopped. */
  async run(command: readonly string[], options: { quiet?: boolean } = {}): Promise<number> {
    if (this.stopped) return 137;
    const output = options.quiet === true ? 'ignore' : 'inherit';
    const shell = $({ nothrow: true, quiet: true, stdio: ['ignore', output, 'inherit'] });
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child=SIGKILL'];
    // `exec`, so that the process to signal is `unshare` and not the shell before it.
    const running = shell`exec unshare ${namespaces} ${command}`;
    this.running = running;
    const { exitCode } = await running;
    this.running = undefined;
    return exitCode ?? 137;
  }

  stop(): void {
    this.stopped = true;
    if (this.running?.pid !== undefined) process.kill(this.running.pid, 'SIGKILL');
  }
}
