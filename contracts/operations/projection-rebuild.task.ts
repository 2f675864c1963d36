import { z } from 'zod';
import { defineTask } from '../task.ts';
import { byKeeper, namesOf, ProjectionRebuilt, type Keeper } from './projections.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

const rebuildTaskOf = (keeper: Keeper) =>
  defineTask({
    kind: `projection-rebuild-${keeper}`,
    tier: 'batch',
    summary: `Builds a read model of ${keeper} anew from the log, beside the one that is read, and swaps.`,
    payload: z.object({ workspace: z.string(), projection: z.enum(namesOf(keeper)) }),
    result: ProjectionRebuilt,
    tracked: true,
    timeoutMs: 6 * HOUR,
    backoffMs: [60 * SECOND],
    concurrency: 2,
    // A second request of one projection takes the place of the first, whose waiter would take it for given up.
    key: ({ projection }) => projection,
  });

/**
 * One kind a keeper. The process that writes the read model builds it; a cancellation ends the waiting alone. Its progress
 * counts positions of the log.
 */
export const projectionRebuildTasks = byKeeper(rebuildTaskOf);
