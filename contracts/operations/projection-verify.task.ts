import { z } from 'zod';
import { defineTask } from '../task.ts';
import { byKeeper, namesOf, ProjectionVerification, type Keeper } from './projections.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

const verifyTaskOf = (keeper: Keeper) =>
  defineTask({
    kind: `projection-verify-${keeper}`,
    tier: 'batch',
    summary: `Proves that a read model of ${keeper} is what the log says.`,
    payload: z.object({ workspace: z.string(), projection: z.enum(namesOf(keeper)) }),
    result: ProjectionVerification,
    tracked: true,
    timeoutMs: 6 * HOUR,
    // A read model that was swapped meanwhile, or is not there yet, can be verified in a moment.
    backoffMs: [10 * SECOND, 60 * SECOND],
    concurrency: 1,
  });

/** One kind a keeper, so that each of its tasks comes to who can do it. Its progress counts positions of the log. */
export const projectionVerifyTasks = byKeeper(verifyTaskOf);
