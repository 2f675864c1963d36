import { mailTask } from './mail/mail.task.ts';
import { projectionRebuildTask } from './operations/projection-rebuild.task.ts';
import { projectionVerifyTask } from './operations/projection-verify.task.ts';
import type { TaskDefinition } from './task.ts';
import { webhookReplayTask } from './webhook/webhook-replay.task.ts';

/** Every kind of task, for those who look at all of them: the command line, the metrics, the reference. */
export const TASKS: readonly TaskDefinition[] = [
  mailTask,
  webhookReplayTask,
  projectionVerifyTask,
  projectionRebuildTask,
];
