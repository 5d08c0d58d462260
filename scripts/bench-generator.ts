/*
 * usage: npm run bench:generator [-- OPTIONS OF harness/run.ts]
 *
 * The load generators against the cheapest server: what each can do and what a request costs it, in a closed loop
 * (scenario generators), and how well ours keep a rate near their ceiling (scenario fixed-rate). Each prints its table.
 */
import { execa } from 'execa';
import { commonExitCodes, interruptSignal } from '../harness/commands/command-line.ts';
import { projectRoot } from '../harness/effects/machine.ts';

const signal = interruptSignal();
let worst = 0;
for (const scenario of ['generators', 'fixed-rate']) {
  console.log(`\n=== ${scenario}`);
  const running = execa(
    process.execPath,
    ['--import', 'tsx', 'harness/run.ts', '--scenario', scenario, ...process.argv.slice(2)],
    { cwd: projectRoot, stdio: 'inherit', reject: false },
  );
  const pass = (): void => void running.kill('SIGINT');
  signal.addEventListener('abort', pass);
  const { exitCode = 1 } = await running;
  signal.removeEventListener('abort', pass);
  worst = Math.max(worst, exitCode);
  // Bad input is bad for both, and who interrupts one wants neither.
  if (signal.aborted || exitCode >= commonExitCodes.badInput) break;
}
process.exitCode = worst;
