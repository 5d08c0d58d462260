import { runCommandLine } from './require-setup.ts';

await runCommandLine(() => import('./commands/compare-main.ts'));
