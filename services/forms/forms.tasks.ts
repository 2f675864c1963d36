import type { HandledTask } from '#eventing/task/context';
import { projectionTasks, type ProjectionTasksOptions } from '#readmodel/projection-tasks';

/** What the role `worker` does, of all tiers. */
export const formsTasks = (dependencies: ProjectionTasksOptions): readonly HandledTask[] => [
  ...projectionTasks('forms', dependencies),
];
