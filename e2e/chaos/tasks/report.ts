import { percentile } from '../../client/percentile.ts';
import type { Audit, Course } from './audit.ts';
import type { TaskChaosOptions } from './options.ts';

export interface Findings {
  readonly audit: Audit;
  readonly course: Course;
  readonly kills: { readonly worker: number; readonly nats: number };
  /** Workers that a task of theirs ended. */
  readonly endedByTasks: number;
  readonly seconds: number;
}

export const isSound = ({ audit }: Findings): boolean =>
  audit.lost + audit.doubleEffects + audit.parkedWrongly === 0;

function recoveryOf({ recoveriesMs }: Course): Record<'tasks' | 'p50' | 'p95' | 'max', number> {
  const [p50 = 0, p95 = 0, max = 0] = [0.5, 0.95, 1].map((share) =>
    Math.round(percentile(recoveriesMs, share)),
  );
  return { tasks: recoveriesMs.length, p50, p95, max };
}

/** For programs, in one line. Times are milliseconds. */
export function jsonReport(findings: Findings, { tasks, seed, workers }: TaskChaosOptions): string {
  const { audit, course, kills, endedByTasks, seconds } = findings;
  const { examples, ...counts } = audit;
  const { runs, redelivered, repeated } = course;
  return JSON.stringify({
    tasks,
    ...counts,
    kills,
    endedByTasks,
    runs,
    redelivered,
    repeatedEffectsRefused: repeated,
    recoveryMs: recoveryOf(course),
    examples,
    workers,
    seed,
    seconds: Math.round(seconds),
  });
}

/** For people. */
export function textReport(findings: Findings, { tasks }: TaskChaosOptions): string {
  const { audit, course, kills, endedByTasks, seconds } = findings;
  const recovery = recoveryOf(course);
  return [
    '',
    `${tasks} tasks, ${kills.worker} SIGKILLs of workers and ${kills.nats} of nats-server, in ${seconds.toFixed(0)} s; ${endedByTasks} workers were ended by a task`,
    `  effects ${audit.effects}, lost ${audit.lost}, double ${audit.doubleEffects}; parked rightly ${audit.parkedRightly}, wrongly ${audit.parkedWrongly}`,
    `  handlers ran ${course.runs} times, ${course.redelivered} of them again; ${course.repeated} found their effect there and had none`,
    `  ${recovery.tasks} tasks were in hand when their worker was killed; begun again after ${recovery.p50} ms (median), ${recovery.max} ms at most`,
    ...audit.examples.map((example) => `  ! ${example}`),
  ].join('\n');
}
