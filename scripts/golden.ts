/**
 * Writes the expected reports of test/golden anew, from the journals there. Look at the difference before you commit
 * it: the tests compare with these files, so this must never run where tests decide.
 */
import { join } from 'node:path';
import { writeIfChanged } from '../harness/effects/output-files.ts';
import { goldenDir, renderGolden } from '../test/support/golden.ts';

if (process.env['CI'] !== undefined) {
  console.error('error: CI compares with the golden files and never writes them');
  process.exitCode = 2;
} else {
  for (const [path, text] of await renderGolden()) {
    if (await writeIfChanged(join(goldenDir, path), text)) console.log(`wrote test/golden/${path}`);
  }
}
