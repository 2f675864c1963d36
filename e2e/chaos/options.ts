import { count, parseCommandLine } from '#tools/start/command-line';
import { UsageError } from '#tools/start/user-error';
import { KINDS, type Kind } from './victims.ts';

export interface KillOptions {
  readonly rounds: number;
  readonly submissions: number;
  readonly connections: number;
  readonly seed: number;
  /** What is killed. */
  readonly only: readonly Kind[];
  /** Leaves the data folder, with the log of all processes, even when nothing is wrong. */
  readonly keep: boolean;
  readonly json: boolean;
}

export const USAGE = `npm run chaos:kill -- [options]

  --rounds N        processes to kill, one after the other (20)
  --submissions N   to spread over the rounds (20,000); a little more are sent
  --connections N   to submit over (16)
  --seed N          decides what is killed and when (drawn, and printed)
  --only A,B        kills these alone, of nats, mongo, forms, gateway, gateway worker
  --keep            leave the data folder even when nothing is wrong
  --json            the last line of the output is one JSON object
  --help            this text`;

/** Undefined when help was asked for. @throws UsageError */
export function parseOptions(args: readonly string[]): KillOptions | undefined {
  const { help, json, keep, ...texts } = parseCommandLine({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '20' },
      submissions: { type: 'string', default: '20000' },
      connections: { type: 'string', default: '16' },
      seed: { type: 'string' },
      only: { type: 'string' },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values;
  if (help) return undefined;
  return {
    json,
    keep,
    only: texts.only === undefined ? KINDS : texts.only.split(',').map(kindOf),
    rounds: count('rounds', texts.rounds, 1, 10_000),
    submissions: count('submissions', texts.submissions, 1, 10_000_000),
    connections: count('connections', texts.connections, 1, 1024),
    seed: count('seed', texts.seed ?? String(Math.floor(Math.random() * 2 ** 32)), 0, 2 ** 32 - 1),
  };
}

function kindOf(name: string): Kind {
  const kind = KINDS.find((known) => known === name.trim());
  if (kind === undefined) throw new UsageError(`--only knows ${KINDS.join(', ')}, not "${name}"`);
  return kind;
}
