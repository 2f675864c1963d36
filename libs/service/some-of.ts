import { z } from 'zod';

/** A setting of some of the names, separated by commas; all of them where nothing is said. */
export const someOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z
    .string()
    .default(names.join(','))
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(names, `each must be one of ${names.join(', ')}`)).min(1));
