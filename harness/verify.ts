import { runCommandLine } from './require-setup.ts';

await runCommandLine(() => import('./commands/verify-main.ts'));
