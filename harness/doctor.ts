import { runCommandLine } from './require-setup.ts';

await runCommandLine(() => import('./commands/doctor-main.ts'));
