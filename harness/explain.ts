import { runCommandLine } from './require-setup.ts';

await runCommandLine(() => import('./commands/explain-main.ts'));
