import type { Entry } from './journal.ts';
import type { Planned } from './kinds.ts';
import type { Death } from './crew.ts';

/** What was found when nothing was left to do. By task number: how often its effect is in the log, and is a dead letter. */
export interface Found {
  readonly effects: ReadonlyMap<number, number>;
  readonly parked: ReadonlyMap<number, number>;
}

export interface Audit {
  /** Tasks whose effect is in the log. */
  readonly effects: number;
  /** Neither done nor parked. */
  readonly lost: number;
  /** Tasks whose effect is in the log more than once, or that had one though they can't. */
  readonly doubleEffects: number;
  /** Parked, though they would have succeeded or had. */
  readonly parkedWrongly: number;
  readonly parkedRightly: number;
  readonly examples: readonly string[];
}

const EXAMPLES = 10;

/** Holds what was found against what was planned; pure. */
export function audit(planned: readonly Planned[], { effects, parked }: Found): Audit {
  const examples: string[] = [];
  const count = { lost: 0, doubleEffects: 0, parkedWrongly: 0, parkedRightly: 0 };
  const wrong = (what: Exclude<keyof typeof count, 'parkedRightly'>, { n, tier, poison }: Planned): void => {
    count[what]++;
    if (examples.length < EXAMPLES) {
      examples.push(
        `${what}: task ${n} (${tier}${poison === null ? '' : `, ${poison}`}) has ${effects.get(n) ?? 0} effects and ${parked.get(n) ?? 0} dead letters`,
      );
    }
  };
  for (const task of planned) {
    const [happened, letters] = [effects.get(task.n) ?? 0, parked.get(task.n) ?? 0];
    if (happened > (task.poison === null ? 1 : 0)) wrong('doubleEffects', task);
    if (letters > 0 && task.poison === null) wrong('parkedWrongly', task);
    else if (letters > 0) count.parkedRightly++;
    else if (happened === 0) wrong('lost', task);
  }
  return { effects: effects.size, ...count, examples };
}

/** How the work went on beside what it came to. */
export interface Course {
  /** How often handlers were called. */
  readonly runs: number;
  /** Calls for an attempt that another call, or another worker, had begun before. */
  readonly redelivered: number;
  /** Calls that found their effect in the log: what would have been double. */
  readonly repeated: number;
  /** Milliseconds from the death of a worker until somebody began again what it had in hand, a task each. */
  readonly recoveriesMs: readonly number[];
}

/** Reads the course from the workers' journals, in the order of time; pure. */
export function courseOf(entries: readonly Entry[], deaths: readonly Death[]): Course {
  const begun = new Set<string>();
  const open = new Map<number, Map<number, Entry>>();
  const lastBegun = new Map<number, number[]>();
  let [runs, redelivered, repeated] = [0, 0, 0];
  for (const entry of entries) {
    const { pid, n, attempt, what, at } = entry;
    const inHand = open.get(pid) ?? new Map<number, Entry>();
    open.set(pid, inHand);
    if (what !== 'begun') {
      inHand.delete(n);
      if (what === 'repeated') repeated++;
      continue;
    }
    runs++;
    const name = `${n} ${attempt}`;
    if (begun.has(name)) redelivered++;
    begun.add(name);
    inHand.set(n, entry);
    lastBegun.set(n, [...(lastBegun.get(n) ?? []), at]);
  }
  // What a process has open at the end of its journal is what it had in hand when it died.
  const recoveriesMs = deaths.flatMap(({ pid, at: died }) =>
    [...(open.get(pid)?.values() ?? [])].flatMap(({ n }) => {
      const again = lastBegun.get(n)?.find((at) => at > died);
      return again === undefined ? [] : [again - died];
    }),
  );
  return { runs, redelivered, repeated, recoveriesMs };
}
