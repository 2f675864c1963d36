import { z } from 'zod';

/**
 * Every projection of the installation, by the service that keeps it and whose worker verifies and rebuilds it. A service
 * that keeps some is one line; a spec holds each service to its own.
 */
export const KEPT = {
  forms: ['forms', 'submissions'],
  notifier: ['deliveries', 'tasks', 'mailTemplates'],
} as const;

/** A service that keeps projections. */
export type Keeper = keyof typeof KEPT;
export type ProjectionName = (typeof KEPT)[Keeper][number];

export const KEEPERS = Object.keys(KEPT) as Keeper[];
export const PROJECTION_NAMES: readonly ProjectionName[] = Object.values(KEPT).flat();

export function keeperOf(projection: ProjectionName): Keeper {
  const keeper = KEEPERS.find((one) => namesOf(one).includes(projection));
  if (keeper === undefined) throw new RangeError(`nobody keeps the projection ${projection}`);
  return keeper;
}

export const namesOf = (keeper: Keeper): readonly ProjectionName[] => KEPT[keeper];

/** The same for every service that keeps projections. */
export const byKeeper = <T>(make: (keeper: Keeper) => T): Readonly<Record<Keeper, T>> =>
  Object.fromEntries(KEEPERS.map((keeper) => [keeper, make(keeper)])) as Record<Keeper, T>;

/** What comes of comparing a read model with its rebuild from the log. */
export const ProjectionVerification = z.object({
  projection: z.string(),
  equal: z.boolean(),
  /** Documents of the read model that were compared. */
  documents: z.int().nonnegative(),
  /** Sums of the documents' hashes, of the read model and of its rebuild. */
  hash: z.string(),
  rebuiltHash: z.string(),
  /** Where in the log both were cut. */
  position: z.string(),
  differences: z.int().nonnegative(),
  /** Documents that differ since they have expired or their stream has forgotten them: no fault of theirs. */
  outlived: z.int().nonnegative(),
  /** The first ten: the read model lacks it, should not have it, or has it otherwise. */
  differing: z.array(z.object({ id: z.string(), kind: z.enum(['missing', 'unexpected', 'different']) })),
  seconds: z.number().nonnegative(),
});

/** What comes of building a read model anew beside the one that is read. */
export const ProjectionRebuilt = z.object({
  projection: z.string(),
  /** The collection that is read now, as its last part. */
  generation: z.string(),
  /** The one that was read before. */
  before: z.string().nullable(),
  seconds: z.number().nonnegative(),
});
