import type { HandledTask } from '#eventing/task/context';
import type { Database } from '#readmodel/database';
import { projectionTasks } from '#readmodel/projection-tasks';
import { replayWorker } from './delivery/replay.ts';
import type { MailParts } from './mail/mail.ts';
import type { Parts } from './notifier.parts.ts';
import { keptProjections } from './notifier.projections.ts';

export interface NotifierTasksDependencies {
  readonly parts: Parts;
  readonly mail: MailParts;
  readonly database: Database;
}

/** What the role `worker` does, of all tiers. */
export const notifierTasks = ({
  parts,
  mail,
  database,
}: NotifierTasksDependencies): readonly HandledTask[] => [
  ...mail.tasks,
  replayWorker({ ...parts, epoch: parts.log.epoch }),
  ...projectionTasks('notifier', { database, kept: keptProjections(parts) }),
];
