import { z } from 'zod';
import { parseSyscallTimes } from '../../core/syscall-times-output.ts';
import type { Probe } from '../../core/plugin.ts';
import { noteOf, textOf } from '../../core/raw-texts.ts';
import { asRoot, startUntilItSpeaks } from '../../effects/first-line.ts';
import { serverTree } from '../../effects/server-tree.ts';

const limitMs = 10 * 60_000;

const timesFile = 'tom/syscall-times.json';
const endedFile = 'tom/syscall-times.ended.json';
const endedSchema = z.strictObject({ exitCode: z.number().nullable(), stderr: z.string() });

/**
 * The distribution of wall time per syscall, counted in the kernel by two eBPF programs (probes/syscall-times.cc): the
 * server is never stopped, which costs it a fraction of what strace does.
 */
const syscallTimes: Probe = {
  needsRoot: true,
  summary: 'wall time per syscall as a distribution, from eBPF programs in the kernel',

  async check(machine) {
    const attempt = await machine.run([machine.program('syscall-times'), '--check'], { asRoot: true });
    if (attempt.exitCode === 0) return null;
    const said = attempt.startError ?? attempt.stderr.trim();
    // The program says what to do after a semicolon.
    const [reason, ...remedy] = said.replace(/^syscall-times: /, '').split('; ');
    return {
      reason: `the kernel may not be asked to time syscalls here (${reason})`,
      ...(remedy.length > 0 ? { remedy: remedy.join('; ') } : {}),
    };
  },

  async start({ testbed: { tom }, server }) {
    const tree = await serverTree(tom, server.pid);
    const processes = tree.map(({ innerPid, role }) => `${role}:${innerPid}`);
    const argv = [tom.machine.program('syscall-times'), '--processes', processes.join(',')];
    const { running } = await startUntilItSpeaks(asRoot(tom.start), argv, limitMs);
    return {
      async finish() {
        const { exitCode, stdout, stderr } = await running.stop();
        const ended: z.output<typeof endedSchema> = { exitCode, stderr };
        return { [timesFile]: stdout, [endedFile]: JSON.stringify(ended) };
      },
      close: async () => void (await running.stop()),
    };
  },

  parse(raw) {
    const { exitCode, stderr } = noteOf(raw, endedFile, endedSchema);
    if (exitCode !== 0) throw new Error(stderr.trim() || 'syscall-times was ended');
    return { syscallTimes: parseSyscallTimes(textOf(raw, timesFile)) };
  },
};

export default syscallTimes;
