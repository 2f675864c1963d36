import { z } from 'zod';
import { defineTask, TIERS, type Tier } from '#contracts/task';

export const WORKSPACE = 'chaos';

const payload = z.object({
  workspace: z.string(),
  n: z.int(),
  /** Attempts that fail before one that doesn't. */
  failures: z.int(),
  /** How long an attempt takes before its effect. */
  ms: z.number(),
  /** What no attempt does: it gives up at once, it fails each time, or it ends its process. */
  poison: z.enum(['permanent', 'always', 'deadly']).nullable(),
});
export type ChaosPayload = z.infer<typeof payload>;

/** The pauses are short, and more than a few outages of the bus use up. */
const BACKOFF_MS = [200, 500, 1_000, 2_000, 5_000, 10_000, 10_000];

const kind = (tier: Tier) =>
  defineTask({
    kind: `chaos-${tier}`,
    tier,
    summary: 'Has one effect, or fails as its payload says.',
    payload,
    tracked: false,
    timeoutMs: 60_000,
    backoffMs: BACKOFF_MS,
    concurrency: 16,
  });

export const KINDS = { high: kind('high'), default: kind('default'), batch: kind('batch') };

/** One task of the run, before it is enqueued. */
export interface Planned extends ChaosPayload {
  readonly tier: Tier;
}

/**
 * What each task does, by chance: one in ten fails at first, one in fifty is slow, one in two hundred is poison, and
 * each 20,000th ends whoever works on it.
 */
export function plan(tasks: number, random: () => number): Planned[] {
  return Array.from({ length: tasks }, (_, n) => ({
    workspace: WORKSPACE,
    n,
    tier: TIERS[n % TIERS.length] ?? 'default',
    failures: random() < 0.1 ? 1 + Math.floor(random() * 2) : 0,
    ms: random() < 0.02 ? 200 + Math.floor(random() * 1_300) : 0,
    poison: poisonOf(n, random()),
  }));
}

function poisonOf(n: number, drawn: number): ChaosPayload['poison'] {
  if (n % 20_000 === 10_000) return 'deadly';
  if (drawn < 0.004) return 'permanent';
  return drawn < 0.005 ? 'always' : null;
}

export const idOf = (n: number): string => `chaos-${n}`;
export const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf('-') + 1));
