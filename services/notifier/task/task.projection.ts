import { eventType } from '#contracts/event';
import { families } from '#contracts/subjects';
import { taskChangedV1, type TaskSnapshot } from '#contracts/task/task.records';
import type { FollowedTask } from '#contracts/task/task.rpc';
import type { StoredEvent } from '#eventing/stored-event';
import type { Projection } from '#readmodel/projection';

/** One document a task that callers follow: its newest state, until that expires. */
export interface TaskDocument extends FollowedTask {
  /** `<workspace>.<task>` */
  readonly _id: string;
  readonly workspace: string;
  readonly expires: Date;
}

/** The read model of followed tasks. Raise `version` with every change to what it stores. */
export const tasksProjection: Projection<TaskDocument> = {
  name: 'tasks',
  version: 2,
  stream: 'TASK_EVENTS',
  expiry: 'expires',
  filters: [families.taskState],
  types: [eventType(taskChangedV1)],
  indexes: [
    { name: 'by_queueing', key: { workspace: 1, queuedAt: -1, _id: -1 } },
    { name: 'by_state', key: { workspace: 1, kind: 1, state: 1 } },
  ],
  documentId: ({ workspace, data }) => taskDocumentId(workspace, (data as TaskSnapshot).task),
  // Each record is the whole of it.
  fold: (_document, event) => documentOf(event as StoredEvent<string, TaskSnapshot>),
};

function documentOf({ workspace, data }: StoredEvent<string, TaskSnapshot>): TaskDocument {
  const { progress, ...state } = data;
  return {
    ...state,
    _id: taskDocumentId(workspace, data.task),
    workspace,
    progress: progress && { done: progress.done, total: progress.total, note: progress.note },
    expires: new Date(data.expiresAt),
  };
}

export const taskDocumentId = (workspace: string, task: string): string => `${workspace}.${task}`;
