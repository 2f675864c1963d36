import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** Of this program, as its package says. */
export const VERSION = versionOf(findPackageJSON('..', import.meta.url));

function versionOf(file: string | undefined): string {
  if (file === undefined) throw new Error('this program has no package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
