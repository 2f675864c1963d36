import { mailTask } from './mail/mail.task.ts';
import { projectionRebuildTasks } from './operations/projection-rebuild.task.ts';
import { projectionVerifyTasks } from './operations/projection-verify.task.ts';
import type { TaskDefinition } from './task.ts';
import { webhookReplayTask } from './webhook/webhook-replay.task.ts';

/** Every kind of task, for those who look at all of them: the command line, the metrics, the reference. */
export const TASKS: readonly TaskDefinition[] = [
  mailTask,
  webhookReplayTask,
  ...Object.values(projectionVerifyTasks),
  ...Object.values(projectionRebuildTasks),
];
