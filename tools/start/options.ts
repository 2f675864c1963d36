import { parseCommandLine } from './command-line.ts';
import { UsageError } from './user-error.ts';

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

/** Undefined when help was asked for. @throws UsageError */
export function parseOptions(args: readonly string[]): StartOptions | undefined {
  const { port, data, help, ...flags } = parseCommandLine({
    args: [...args],
    options: {
      port: { type: 'string', default: '8080' },
      data: { type: 'string', default: '.formbus' },
      'no-demo': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values;
  if (help) return undefined;
  const number = Number(port);
  if (!/^\d+$/.test(port) || number < 1 || number > 65_535)
    throw new UsageError(`--port must be between 1 and 65535, not "${port}"`);
  if (data === '') throw new UsageError('--data must name a folder');
  return { port: number, dataDir: data, demo: !flags['no-demo'] };
}
