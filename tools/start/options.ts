import { parseArgs } from 'node:util';
import { UserError } from './user-error.ts';

export interface StartOptions {
  readonly port: number;
  readonly dataDir: string;
  readonly demo: boolean;
}

export const USAGE = `npm start -- [options]

  --port NUMBER   where the API is served (8080)
  --data DIR      where everything is kept (.formbus)
  --no-demo       don't set up the demo form on first start
  --help          this text

NATS_URL and MONGODB_URI name servers to use instead of starting some. NO_COLOR turns colours off.`;

/** Undefined when help was asked for. Throws `UserError` for what can't be understood. */
export function parseOptions(args: readonly string[]): StartOptions | undefined {
  const { port, data, help, ...flags } = parse(args);
  if (help) return undefined;
  const number = Number(port);
  if (!/^\d+$/.test(port) || number < 1 || number > 65_535)
    throw new UserError(`--port must be between 1 and 65535, not "${port}"`);
  if (data === '') throw new UserError('--data must name a folder');
  return { port: number, dataDir: data, demo: !flags['no-demo'] };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '8080' },
        data: { type: 'string', default: '.formbus' },
        'no-demo': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${reason}\n\n${USAGE}`, { cause: error });
  }
}
