import { z } from 'zod';
import { defineEvent, eventType, type Upcaster } from '../event.ts';

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Any JSON value: what an answer looks like is its form's business, and grows with the form language. */
const Json: z.ZodType<Json> = z
  .lazy(() =>
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(Json), z.record(z.string(), Json)]),
  )
  .meta({ id: 'Json', description: 'Any JSON value' });

/** Answers by field name, as the form's version allows them. */
export const Answers = z.record(z.string(), Json);
export type Answers = z.infer<typeof Answers>;

const submitted = {
  form: z.string(),
  formVersion: z.int().positive(),
  answers: Answers,
  /** Names of fields whose answers were left out, since the form did not show them. */
  dropped: z.array(z.string()),
  /** HMAC of the request under the data key, to tell a repeat from another request with the same key. */
  requestMac: z.string(),
};

export const submissionSubmittedV1 = defineEvent({
  name: 'formbus.submission.submitted',
  version: 1,
  family: 'submission',
  summary: 'Answers were given to a version of a form and satisfy it.',
  sealed: ['answers'],
  data: z.object(submitted),
});

export const submissionSubmittedV2 = defineEvent({
  name: 'formbus.submission.submitted',
  version: 2,
  family: 'submission',
  summary: 'Answers were given to a version of a form and satisfy it.',
  sealed: ['answers', 'locale'],
  data: z.object({
    ...submitted,
    /** The submitter's language, a BCP 47 tag: what they are written is written in it. */
    locale: z.string().nullable(),
  }),
});

export const submittedV1ToV2: Upcaster = {
  from: eventType(submissionSubmittedV1),
  to: eventType(submissionSubmittedV2),
  upcast: (data) => ({ ...(data as z.infer<typeof submissionSubmittedV1.data>), locale: null }),
};
