import { UsageError } from '../start/user-error.ts';
import { shortType } from './event-line.ts';

/**
 * The full type of one that may be given in short: without `formbus.`, and without its version, which is the newest then.
 *
 * @param known full types, older versions first
 * @throws UsageError that begins with what is wrong with any other, and names those that there are
 */
export function fullType(given: string, known: readonly string[], wrong: (given: string) => string): string {
  const full = given.startsWith('formbus.') ? given : `formbus.${given}`;
  const found = known.findLast((type) => type === full || unversioned(type) === full);
  if (found !== undefined) return found;
  const names = new Set(known.map((type) => unversioned(shortType(type))));
  throw new UsageError(`${wrong(given)}; there are ${[...names].join(', ')}`);
}

const unversioned = (type: string): string => type.replace(/\.v\d+$/, '');
