import { z } from 'zod';
import { Caller, defineRpc, Freshness } from '../rpc.ts';
import { taskChangedV1, TaskProgress, TaskState } from './task.records.ts';

/** What its owner may see of the state of a task: all but where its next attempt would go on. */
export const FollowedTask = taskChangedV1.data.extend({
  progress: TaskProgress.omit({ resume: true }).nullable(),
});
export type FollowedTask = z.infer<typeof FollowedTask>;

/**
 * The tasks of the workspace that can be followed, the newest first, as the read model has them: one alone is read from
 * its record.
 */
export const listTasks = defineRpc({
  subject: 'rpc.notifier.task.list',
  kind: 'query',
  request: z.object({
    caller: Caller,
    state: TaskState.nullable(),
    kind: z.string().max(64).nullable(),
    limit: z.int().min(1).max(200),
    cursor: z.string().max(400).nullable(),
  }),
  response: z.object({ items: z.array(FollowedTask), next: z.string().nullable(), readModel: Freshness }),
});
