import { count, parseCommandLine } from '#tools/start/command-line';

export interface TaskChaosOptions {
  readonly tasks: number;
  /** SIGKILLs; every eighth of them to nats-server, the others to workers. */
  readonly kills: number;
  readonly workers: number;
  readonly seed: number;
  /** Leaves the folder with journals and logs, even when nothing is wrong. */
  readonly keep: boolean;
  readonly json: boolean;
}

export const USAGE = `npm run chaos:tasks -- [options]

  --tasks N      to enqueue over the three tiers (50,000)
  --kills N      SIGKILLs, every eighth to nats-server, the others to workers (one for 1,000 tasks, at least 8)
  --workers N    worker processes (4)
  --seed N       decides what the tasks do, what is killed and when (drawn, and printed)
  --keep         leave the folder even when nothing is wrong
  --json         the last line of the output is one JSON object
  --help         this text`;

const TASKS_PER_KILL = 1_000;
const FEWEST_KILLS = 8;

/** Undefined when help was asked for. @throws UsageError */
export function parseOptions(args: readonly string[]): TaskChaosOptions | undefined {
  const { help, json, keep, ...texts } = parseCommandLine({
    args: [...args],
    options: {
      tasks: { type: 'string', default: '50000' },
      kills: { type: 'string' },
      workers: { type: 'string', default: '4' },
      seed: { type: 'string' },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values;
  if (help) return undefined;
  const tasks = count('tasks', texts.tasks, 1, 1_000_000);
  const kills = String(Math.max(FEWEST_KILLS, Math.round(tasks / TASKS_PER_KILL)));
  return {
    json,
    keep,
    tasks,
    kills: count('kills', texts.kills ?? kills, 0, 10_000),
    workers: count('workers', texts.workers, 1, 64),
    seed: count('seed', texts.seed ?? String(Math.floor(Math.random() * 2 ** 32)), 0, 2 ** 32 - 1),
  };
}
