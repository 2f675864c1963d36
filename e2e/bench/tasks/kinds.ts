import { z } from 'zod';
import { defineTask, TIERS, type TaskDefinition, type Tier } from '#contracts/task';

const payload = z.object({
  workspace: z.string(),
  /** When it was asked for, in milliseconds of the machine's monotonic clock. */
  sentAt: z.number(),
});

/** Tasks of one kind that a worker process has in hand at most. */
export const CONCURRENCY = 64;
/** How long a task of the backlog takes, and how many of them a worker process does at a time. */
export const BUSY = { ms: 50, concurrency: 16 } as const;

const settled = { payload, tracked: false, timeoutMs: 30_000, backoffMs: [1_000] } as const;

const noop = (tier: Tier): TaskDefinition<string, typeof payload> =>
  defineTask({
    ...settled,
    kind: `bench-${tier}`,
    tier,
    summary: 'Does nothing.',
    concurrency: CONCURRENCY,
  });

/** What does nothing, of each tier. */
export const NOOPS = { high: noop('high'), default: noop('default'), batch: noop('batch') };

/** What takes its time, so that the workers of the batch tier are never idle. */
export const busy = defineTask({
  ...settled,
  kind: 'bench-busy',
  tier: 'batch',
  summary: 'Waits.',
  concurrency: BUSY.concurrency,
});

/** The kinds that tasks are enqueued of, in turn. */
export const kindsOf = (
  what: 'noops' | 'busy' | 'high',
): readonly TaskDefinition<string, typeof payload>[] =>
  what === 'noops' ? TIERS.map((tier) => NOOPS[tier]) : [what === 'busy' ? busy : NOOPS.high];
