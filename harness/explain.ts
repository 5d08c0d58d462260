import { join } from 'node:path';
import { setupProblem } from './require-setup.ts';

const problem = setupProblem(join(import.meta.dirname, '..'));
if (problem === null) {
  // Not a static import: it would look for npm packages before the line above could say that there are none.
  const { main } = await import('./commands/explain-main.ts');
  process.exitCode = await main(process.argv.slice(2));
} else {
  console.error(problem);
  process.exitCode = 2;
}
