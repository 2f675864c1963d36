import { z } from 'zod';
import { defineTask } from '../task.ts';
import { FORMS_PROJECTIONS, ProjectionRebuilt } from './projections.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** The process that writes the read model builds it; a cancellation ends the waiting alone. Its progress counts positions of the log. */
export const projectionRebuildTask = defineTask({
  kind: 'projection-rebuild',
  tier: 'batch',
  summary:
    'Builds a read model of forms and submissions anew from the log, beside the one that is read, and swaps.',
  payload: z.object({ workspace: z.string(), projection: z.enum(FORMS_PROJECTIONS) }),
  result: ProjectionRebuilt,
  tracked: true,
  timeoutMs: 6 * HOUR,
  backoffMs: [60 * SECOND],
  concurrency: 2,
  // A second request of one projection takes the place of the first, whose waiter would take it for given up.
  key: ({ projection }) => projection,
});
