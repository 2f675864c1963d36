import { z } from 'zod';
import { defineTask } from '../task.ts';
import { FORMS_PROJECTIONS, ProjectionVerification } from './projections.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Its progress counts positions of the log. */
export const projectionVerifyTask = defineTask({
  kind: 'projection-verify',
  tier: 'batch',
  summary: 'Proves that a read model of forms and submissions is what the log says.',
  payload: z.object({ workspace: z.string(), projection: z.enum(FORMS_PROJECTIONS) }),
  result: ProjectionVerification,
  tracked: true,
  timeoutMs: 6 * HOUR,
  // A read model that was swapped meanwhile, or is not there yet, can be verified in a moment.
  backoffMs: [10 * SECOND, 60 * SECOND],
  concurrency: 1,
});
