import { z } from 'zod';
import { defineEvent } from '../event.ts';

/** Answers by field name, as the form's version allows them. */
export const Answers = z.record(z.string(), z.json());
export type Answers = z.infer<typeof Answers>;

export const submissionSubmittedV1 = defineEvent({
  name: 'formbus.submission.submitted',
  version: 1,
  family: 'submission',
  summary: 'Answers were given to a version of a form and satisfy it.',
  sealed: ['answers'],
  data: z.object({
    form: z.string(),
    formVersion: z.int().positive(),
    answers: Answers,
    /** Names of fields whose answers were left out, since the form did not show them. */
    dropped: z.array(z.string()),
    /** HMAC of the request under the data key, to tell a repeat from another request with the same key. */
    requestMac: z.string(),
  }),
});
