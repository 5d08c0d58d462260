import { runCommandLine } from './require-setup.ts';

await runCommandLine(() => import('./commands/report-main.ts'));
