import { main } from './commands/run-main.ts';

process.exitCode = await main(process.argv.slice(2));
