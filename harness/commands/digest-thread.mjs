// A thread starts without the loader for TypeScript that the one has which starts it.
import { tsImport } from 'tsx/esm/api';

await tsImport('./digest-worker.ts', import.meta.url);
