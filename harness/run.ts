import { runCommandLine } from './require-setup.ts';

await runCommandLine(() => import('./commands/run-main.ts'));
