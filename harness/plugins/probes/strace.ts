import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Probe } from '../../core/plugin.ts';
import type { SyscallProfile } from '../../core/record.ts';
import { family, innerPid } from '../../effects/pids.ts';

/**
 * Parses the table of `strace -c`: `% time, seconds, usecs/call, calls, errors, syscall`; the column of errors is
 * empty where there were none. Throws an Error where there is no table.
 */
export function parseStraceSummary(text: string): SyscallProfile['rows'] {
  if (!/^% time\s+seconds\s+usecs\/call\s+calls/m.test(text)) throw new Error('strace printed no summary');
  const row = /^\s*[\d.]+\s+([\d.]+)\s+\d+\s+(\d+)\s+(?:(\d+)\s+)?([a-z_][a-z0-9_]*)$/gm;
  return [...text.matchAll(row)]
    .map(([, seconds, calls, errors, syscall]) => ({
      syscall: syscall!,
      calls: Number(calls),
      errors: Number(errors ?? 0),
      timeUs: Math.round(Number(seconds) * 1e6),
    }))
    .filter((entry) => entry.syscall !== 'total');
}

const attachLimitMs = 10_000;

const isTraced = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every(
    (thread) => !/^TracerPid:\s*0$/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1')),
  );

/**
 * Attaches `strace -c -f` to the server once it is ready, so that only the load's calls are counted, and detaches
 * when the load has ended. The times are system time: a call that waits looks cheap. Throughput under a tracer says
 * nothing, so this probe belongs into traced passes only.
 */
const strace: Probe = {
  summary: 'calls and system time per syscall, from strace -c -f',

  async check(machine) {
    if ((await machine.which('strace')) === null) {
      return { reason: 'strace is not installed', remedy: 'apt-get install strace' };
    }
    const attempt = await machine.run(['strace', '-c', 'true']);
    if (attempt.exitCode === 0) return null;
    const said = attempt.stderr.trim().split('\n');
    return {
      reason: `strace may not trace here (${said.find((line) => line.includes('permitted')) ?? said.at(-1)})`,
      remedy: 'allow ptrace (in a container: --cap-add SYS_PTRACE)',
    };
  },

  async start({ testbed: { tom }, server }) {
    // By number of processes: strace -f finds their threads, and follows those that come later.
    const pids = family(server.pid);
    if (pids.length === 0) throw new Error('the server has ended');
    // strace is where the server is, and knows it by the id that it has there.
    const attach = pids.flatMap((pid) => ['-p', String(innerPid(pid))]);
    const tracer = await tom.start(['strace', '-c', '-f', ...attach], { limitMs: 10 * 60_000 });
    const deadline = performance.now() + attachLimitMs;
    while (!pids.every(isTraced)) {
      const ended = await Promise.race([tracer.finished, sleep(10, null)]);
      if (ended !== null || performance.now() > deadline) {
        await tracer.stop();
        throw new Error(`strace could not attach: ${tracer.output().stderr.trim() || 'no reason given'}`);
      }
    }
    return {
      async finish() {
        const ended = await tracer.stop({ signal: 'SIGINT', graceMs: 5000 });
        return {
          raw: { 'tom/strace-c-f.txt': ended.stderr },
          parse: () => ({
            syscalls: [
              { tool: 'strace -c -f', clock: 'system', role: 'all', rows: parseStraceSummary(ended.stderr) },
            ],
          }),
        };
      },
      async close() {
        await tracer.stop({ signal: 'SIGKILL' });
      },
    };
  },
};

export default strace;
