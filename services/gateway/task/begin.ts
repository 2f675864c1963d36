import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { Problem } from '#contracts/errors';
import type { CommandCaller } from '#contracts/rpc';
import type { TaskDefinition } from '#contracts/task';
import type { Tasks } from '#eventing/task/open';
import type { TrackedTask } from '#eventing/task/tracking';
import { derivedId } from '#security/digest';
import { findTask } from './accepted.ts';

export interface BegunTask {
  readonly task: TrackedTask;
  /** Whether it was begun by an earlier request with the same Idempotency-Key. */
  readonly replayed: boolean;
}

export interface BeginOptions {
  readonly caller: CommandCaller;
  readonly idempotencyKey: string | null;
  readonly operation?: string;
}

/**
 * Has a task done that a caller can follow. The same Idempotency-Key of the same caller and operation (a kind, unless it
 * is named) gives the same task, for as long as that can be read.
 *
 * @throws Problem `idempotency_key_reused` when that was asked to do something else
 */
export async function beginTask<Payload extends z.ZodObject>(
  { queue, tracking }: Pick<Tasks, 'queue' | 'tracking'>,
  definition: TaskDefinition & { readonly payload: Payload },
  payload: z.infer<Payload>,
  { caller, idempotencyKey, operation = definition.kind }: BeginOptions,
): Promise<BegunTask> {
  const { workspace, actor, correlation, commandId } = caller;
  const id = idempotencyKey === null ? commandId : derivedId(workspace, actor, operation, idempotencyKey);
  // The queue knows ids for minutes, the record for as long as the task can be read.
  const known = idempotencyKey === null ? undefined : await tracking.read(workspace, id);
  if (known !== undefined) return { task: sameAs(payload, known), replayed: true };
  const { duplicate } = await queue.enqueue(definition, { id, payload, actor, correlation });
  return { task: sameAs(payload, await findTask(tracking, workspace, id)), replayed: duplicate };
}

function sameAs(payload: object, task: TrackedTask): TrackedTask {
  if (!isDeepStrictEqual(task.snapshot.about, payload)) throw new Problem('idempotency_key_reused');
  return task;
}
