import { parseCommandLine } from '../start/command-line.ts';
import { UsageError } from '../start/user-error.ts';
import type { NamedPlace } from './named.ts';

export const USAGE = `npm run projections -- verify|rebuild|status [projection] [options]

  verify     folds the log anew and compares: exit code 1 when a read model differs
  rebuild    builds anew beside what is read, and swaps
  status     where each read model stands

  --data DIR               the data folder (.formbus, or that of the demo)
  --nats-url URL           instead of a data folder, with --mongodb-uri and
  --nats-token-file FILE   --master-key-file: the places of a system that is
  --mongodb-uri URI        run in another way
  --master-key-file FILE
  --json                   the last line of the output is one JSON object
  --help                   this text

Uses the system that runs on the data folder. When none does, starts nats-server
and MongoDB on it for as long as the command takes.`;

const COMMANDS = ['verify', 'rebuild', 'status'] as const;
export type Command = (typeof COMMANDS)[number];

export interface ProjectionsOptions {
  readonly command: Command;
  readonly projection: string | undefined;
  /** The data folder; without it, whichever of this checkout holds data. */
  readonly data: string | undefined;
  readonly named: NamedPlace | undefined;
  readonly json: boolean;
}

/** Undefined when help was asked for. @throws UsageError */
export function parseOptions(args: readonly string[]): ProjectionsOptions | undefined {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      'nats-url': { type: 'string' },
      'nats-token-file': { type: 'string' },
      'mongodb-uri': { type: 'string' },
      'master-key-file': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const [name, projection, more] = positionals;
  const command = commandOf(name);
  if (more !== undefined) throw new UsageError(`one projection at a time: "${more}" is one too many`);
  if (values.data === '') throw new UsageError('--data must name a folder');
  return { command, projection, data: values.data, named: namedPlace(values), json: values.json };
}

function commandOf(name: string | undefined): Command {
  const command = COMMANDS.find((known) => known === name);
  if (command !== undefined) return command;
  const wrong = name === undefined ? 'no command was given' : `there is no command "${name}"`;
  throw new UsageError(`${wrong}; there are ${COMMANDS.join(', ')}`);
}

function namedPlace(values: {
  'nats-url'?: string;
  'nats-token-file'?: string;
  'mongodb-uri'?: string;
  'master-key-file'?: string;
}): NamedPlace | undefined {
  const natsUrl = values['nats-url'];
  const natsTokenFile = values['nats-token-file'];
  const mongoUri = values['mongodb-uri'];
  const masterKeyFile = values['master-key-file'];
  if (natsUrl !== undefined && mongoUri !== undefined && masterKeyFile !== undefined)
    return { natsUrl, mongoUri, masterKeyFile, natsTokenFile };
  if ([natsUrl, mongoUri, masterKeyFile, natsTokenFile].every((value) => value === undefined))
    return undefined;
  throw new UsageError('--nats-url, --mongodb-uri and --master-key-file go together');
}
