import { runCommandLine } from './require-setup.ts';

await runCommandLine(() => import('./commands/merge-main.ts'));
