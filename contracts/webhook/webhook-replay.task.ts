import { z } from 'zod';
import { defineTask } from '../task.ts';

const HOUR = 3_600_000;

export const ReplayResult = z.object({ delivered: z.int().nonnegative(), position: z.string() });
export type ReplayResult = z.infer<typeof ReplayResult>;

/** Sends a stretch of the log to one endpoint once more, in order. */
export const webhookReplayTask = defineTask({
  kind: 'webhook-replay',
  tier: 'batch',
  summary: 'Sends the events of a stretch of the log to a webhook again, in order.',
  payload: z.object({
    workspace: z.string(),
    webhook: z.string(),
    /** Positions: after the first, up to and including the second. */
    after: z.string(),
    upTo: z.string(),
    perSecond: z.int().positive(),
    /** Hash of what was asked for, to tell a repeat from another request with the same key. */
    request: z.string(),
  }),
  result: ReplayResult,
  tracked: true,
  // Of a turn: a replay makes as many as it takes.
  timeoutMs: 300_000,
  backoffMs: [30_000, 120_000, 600_000, 1_800_000, HOUR, HOUR, HOUR, HOUR],
  concurrency: 4,
  // Two replays to one endpoint would mix their orders.
  key: ({ webhook }) => webhook,
});
