import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** The system to use; without it, the one of this checkout that runs, or one that is started for the demo. */
  readonly target: { readonly url: string; readonly keyFile: string } | undefined;
  /** A CSV file with the bureau's header. */
  readonly data: string | undefined;
  readonly json: boolean;
  readonly seed: boolean;
  readonly fresh: boolean;
  readonly connections: number;
}

export const USAGE = `npm run demo -- [options]

  --url URL          the system to use, with --key-file; otherwise the one that
  --key-file FILE    runs in this checkout, or one that is started for the demo
  --data FILE        complaints as CSV (e2e/data/complaints.csv)
  --connections N    submissions at a time (32)
  --json             the last line of the output is one JSON object
  --seed             a few hundred complaints and no report
  --fresh            forget what an earlier demo left in the system started for it
  --help             this text`;

/** The demo can't do what it was asked to; the message says why, in words for the one who asked. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}

/** Undefined when help was asked for. @throws WrongUse */
export function parseOptions(args: readonly string[]): DemoOptions | undefined {
  const { help, url, 'key-file': keyFile, connections: count, ...others } = parse(args);
  if (help) return undefined;
  if ((url === undefined) !== (keyFile === undefined)) throw new WrongUse('--url and --key-file go together');
  if (url !== undefined && !URL.canParse(url)) throw new WrongUse(`--url must be an address, not "${url}"`);
  const connections = Number(count);
  if (!Number.isInteger(connections) || connections < 1 || connections > 1024) {
    throw new WrongUse(`--connections must be between 1 and 1024, not "${count}"`);
  }
  const target =
    url === undefined || keyFile === undefined ? undefined : { url: new URL(url).origin, keyFile };
  const { data, json, seed, fresh } = others;
  return { target, data, json, seed, fresh, connections };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: { type: 'string' },
        'key-file': { type: 'string' },
        data: { type: 'string' },
        connections: { type: 'string', default: '32' },
        json: { type: 'boolean', default: false },
        seed: { type: 'boolean', default: false },
        fresh: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new WrongUse(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, {
      cause: error,
    });
  }
}
