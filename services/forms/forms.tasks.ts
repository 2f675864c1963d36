import { projectionRebuildTask } from '#contracts/operations/projection-rebuild.task';
import { projectionVerifyTask } from '#contracts/operations/projection-verify.task';
import { handle, type HandledTask } from '#eventing/task/context';
import {
  rebuildProjection,
  verifyProjection,
  type ProjectionTaskDependencies,
} from './operations/projection.tasks.ts';

/** What the role `worker` does, of all tiers. */
export const formsTasks = (dependencies: ProjectionTaskDependencies): readonly HandledTask[] => [
  handle(projectionVerifyTask, (payload, context) => verifyProjection(dependencies, payload, context)),
  handle(projectionRebuildTask, (payload, context) => rebuildProjection(dependencies, payload, context)),
];
