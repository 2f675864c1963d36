import { z } from 'zod';

/** The projections of `forms`, which its worker verifies and rebuilds; a spec holds the service to them. */
export const FORMS_PROJECTIONS = ['forms', 'submissions'] as const;
export type FormsProjection = (typeof FORMS_PROJECTIONS)[number];

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
