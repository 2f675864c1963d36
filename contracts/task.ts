import type { z } from 'zod';

/**
 * How soon a task is wanted, and whom it may not hold up. Each tier is a stream, and its workers are processes, of
 * their own: a flood of one is not noticed in another.
 */
export const TIERS = ['high', 'default', 'batch'] as const;
export type Tier = (typeof TIERS)[number];

/** What every task's payload names. It carries ids, never answers: payloads outlive an erasure. */
export type TaskPayload = z.ZodObject<{ workspace: z.ZodString }>;

/**
 * One kind of work that is done later, elsewhere, and again until it succeeds, as data. A handler of it may run more
 * than once for one task, so its effect must not care.
 */
export interface TaskDefinition<
  Kind extends string = string,
  Payload extends TaskPayload = TaskPayload,
  Result extends z.ZodType = z.ZodType,
> {
  /** One token, lower case: the name of its durable consumer, the last of its subject `task.<tier>.<kind>`. */
  readonly kind: Kind;
  readonly tier: Tier;
  /** One sentence for operators: what is done. */
  readonly summary: string;
  readonly payload: Payload;
  /** What a tracked task gives to whoever waits for it. */
  readonly result?: Result;
  /** Whether callers can follow it (`GET /v1/tasks/{id}`): each change of its state is then a record. */
  readonly tracked: boolean;
  /** Milliseconds that one attempt may take; then it is aborted and counts as failed. */
  readonly timeoutMs: number;
  /** Pauses before the second, third ... attempt; after the last one the task is a dead letter. */
  readonly backoffMs: readonly number[];
  /** Tasks of this kind that one process works on at the same time. */
  readonly concurrency: number;
  /**
   * Tasks of one key run in the order of their enqueueing, at most `perKey` (1) at the same time. Such a kind, as one
   * with a rate, is worked on by one process at a time, so that order and rate hold over all of them.
   */
  key?(payload: z.infer<Payload>): string;
  readonly perKey?: number;
  /** At most so many tasks are begun in so many milliseconds. */
  readonly rate?: { readonly tasks: number; readonly perMs: number };
  /** Milliseconds that state and result of a tracked task can be read after its end; a week unless given. */
  readonly resultTtlMs?: number;
}

export function defineTask<
  const Kind extends string,
  Payload extends TaskPayload,
  Result extends z.ZodType = z.ZodType,
>(definition: TaskDefinition<Kind, Payload, Result>): TaskDefinition<Kind, Payload, Result> {
  return definition;
}

/** `task.<tier>.<kind>`, where the tasks of a kind wait for a worker. */
export const taskSubject = ({ tier, kind }: Pick<TaskDefinition, 'tier' | 'kind'>): string =>
  `task.${tier}.${kind}`;
