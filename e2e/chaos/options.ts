import { parseArgs } from 'node:util';
import { UserError } from '#tools/start/user-error';

export interface KillOptions {
  readonly rounds: number;
  readonly submissions: number;
  readonly connections: number;
  readonly seed: number;
  readonly json: boolean;
}

export const USAGE = `npm run chaos:kill -- [options]

  --rounds N        processes to kill, one after the other (20)
  --submissions N   to spread over the rounds (20,000); a little more are sent
  --connections N   to submit over (16)
  --seed N          decides what is killed and when (drawn, and printed)
  --json            the last line of the output is one JSON object
  --help            this text`;

/** Undefined when help was asked for. @throws UserError */
export function parseOptions(args: readonly string[]): KillOptions | undefined {
  const { help, json, ...texts } = parse(args);
  if (help) return undefined;
  return {
    json,
    rounds: count('rounds', texts.rounds, 1, 10_000),
    submissions: count('submissions', texts.submissions, 1, 10_000_000),
    connections: count('connections', texts.connections, 1, 1024),
    seed: count('seed', texts.seed ?? String(Math.floor(Math.random() * 2 ** 32)), 0, 2 ** 32 - 1),
  };
}

function count(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UserError(`--${name} must be between ${least} and ${most}, not "${text}"`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '20' },
        submissions: { type: 'string', default: '20000' },
        connections: { type: 'string', default: '16' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, {
      cause: error,
    });
  }
}
