import type { FastifyReply } from 'fastify';
import { Problem } from '#contracts/errors';
import type { TaskTracking, TrackedTask } from '#eventing/task/tracking';
import { entityTag, sayReplayed } from '../http/response-headers.ts';
import { describeTask, retryAfter, Task } from './task.resource.ts';

/** Headers of every answer that is a task. */
export const TASK_HEADERS = ['ETag', 'Retry-After'] as const;

/** Headers of every 202. */
export const ACCEPTED = [...TASK_HEADERS, 'Location'] as const;

/** What is said of every operation that begins a task, once for an Idempotency-Key. */
export const BEGINS_ONCE = {
  status: 202,
  response: Task,
  accepts: ['Idempotency-Key'],
  gives: [...ACCEPTED, 'Idempotency-Replayed'],
} as const;

/** A task as the answer to a request. */
export function sayTask(reply: FastifyReply, { snapshot, version }: TrackedTask): Task {
  const task = describeTask(snapshot);
  reply.header('etag', entityTag(version));
  const seconds = retryAfter(task, Date.now());
  if (seconds !== undefined) reply.header('retry-after', seconds);
  return task;
}

/** The same, as the answer 202 to the request that began the task: with the place where it is followed. */
export function sayAccepted(reply: FastifyReply, tracked: TrackedTask, replayed = false): Task {
  sayReplayed(reply, replayed);
  reply.header('location', `/v1/tasks/${tracked.snapshot.task}`);
  return sayTask(reply, tracked);
}

/** By its record, so it is never older than what the caller was told. @throws Problem `task_not_found` */
export async function findTask(
  tracking: TaskTracking,
  workspace: string,
  task: string,
): Promise<TrackedTask> {
  const found = await tracking.read(workspace, task);
  if (found === undefined) throw new Problem('task_not_found');
  return found;
}
