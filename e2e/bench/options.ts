import { parseCommandLine } from '#tools/start/command-line';
import { UsageError } from '#tools/start/user-error';

export interface Options {
  readonly names: readonly string[];
  readonly quick: boolean;
  readonly json: boolean;
  readonly redis: boolean;
  readonly profile: string | undefined;
}

/**
 * Reads the command line. Undefined when help was asked for.
 *
 * @throws UsageError
 */
export function parseOptions(args: readonly string[], known: readonly string[]): Options | undefined {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'no-redis': { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  if (positionals.length === 0) throw new UsageError('name a bench');
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no bench ${JSON.stringify(unknown)}`);
  if (values.json && positionals.length > 1) throw new UsageError('--json takes one bench at a time');
  if (values.profile === '') throw new UsageError('--profile must name a folder');
  return {
    names: positionals,
    quick: values.quick,
    json: values.json,
    redis: !values['no-redis'],
    profile: values.profile,
  };
}

export function usage(benches: readonly { readonly name: string; readonly describe: string }[]): string {
  const list = benches.map(({ name, describe }) => `  ${name.padEnd(12)}${describe}`);
  return [
    'npm run bench -- <name> [options]',
    '',
    ...list,
    '',
    '  --quick         under 60 s, less certain',
    '  --json          the last line of the output is one JSON object',
    '  --no-redis      leaves out what is compared with Redis; its ratios are null',
    '  --profile DIR   writes CPU profiles of the services to DIR, and says where the time went',
    '  --help          this text',
  ].join('\n');
}
