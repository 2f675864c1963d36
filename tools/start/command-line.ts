import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './user-error.ts';

/**
 * Reads a command line strictly. As `parseArgs` of Node, but what is unknown is named beside what is known.
 *
 * @throws UsageError
 */
export function parseCommandLine<const T extends ParseArgsConfig>(
  config: T,
): ReturnType<typeof parseArgs<T>> {
  refuseUnknown(config);
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/**
 * Reads the value of an option that is a whole number from `least` to `most`.
 *
 * @throws UsageError
 */
export function count(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} must be between ${least} and ${most}, not "${text}"`);
}

function refuseUnknown({ args, options = {}, allowPositionals = false }: ParseArgsConfig): void {
  const { tokens } = parseArgs({ args, options, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'option' && !Object.hasOwn(options, token.name)) {
      const known = Object.keys(options).map((name) => `--${name}`);
      throw new UsageError(`unknown option ${token.rawName}; there are ${known.join(', ')}`);
    }
    if (token.kind === 'positional' && !allowPositionals)
      throw new UsageError(`unknown argument "${token.value}"; --help tells what there is`);
  }
}
