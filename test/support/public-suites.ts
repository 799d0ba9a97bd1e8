import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Beside the checkout and never in it: suites of other projects (MIT and others), which CI brings along. */
const folder = resolve(__dirname, '..', '..', '..', 'shared', 'fixtures');

/**
 * A public conformance suite; undefined where it is not at hand, which is said in one line.
 *
 * @param title what the line calls it
 */
export function publicSuite<T>(title: string, file: string): T | undefined {
  const path = join(folder, file);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T;
  console.log(`${title}: not run (../shared/fixtures is not here)`);
  return undefined;
}
