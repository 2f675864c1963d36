import { count, parseCommandLine } from '#tools/start/command-line';
import { UsageError } from '#tools/start/user-error';

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
  --fresh            forget what an earlier demo left in the system started for it;
                     refused while another system runs in this checkout
  --help             this text`;

/** Undefined when help was asked for. @throws UsageError */
export function parseOptions(args: readonly string[]): DemoOptions | undefined {
  const {
    help,
    url,
    'key-file': keyFile,
    connections: text,
    ...others
  } = parseCommandLine({
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
  if (help) return undefined;
  if ((url === undefined) !== (keyFile === undefined))
    throw new UsageError('--url and --key-file go together');
  if (url !== undefined && !URL.canParse(url)) throw new UsageError(`--url must be an address, not "${url}"`);
  const connections = count('connections', text, 1, 1024);
  const target =
    url === undefined || keyFile === undefined ? undefined : { url: new URL(url).origin, keyFile };
  const { data, json, seed, fresh } = others;
  if (data === '') throw new UsageError('--data must name a file');
  if (fresh && target)
    throw new UsageError('--fresh is about the system that the demo starts: not with --url');
  return { target, data, json, seed, fresh, connections };
}
