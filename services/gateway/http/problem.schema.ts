import { z } from 'zod';
import { ERRORS } from '#contracts/errors';

/** RFC 9457 with the fields that Formbus adds; `code` is what programs should switch on. */
export const ProblemSchema = z
  .object({
    type: z.string().meta({ examples: ['urn:formbus:problem:invalid_answers'] }),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(ERRORS) as [string, ...string[]]),
    detail: z.string().optional(),
    action: z.string().meta({ description: 'What the caller can do about it' }),
    requestId: z.string(),
    errors: z
      .array(
        z.object({
          path: z.string().meta({ description: 'JSON Pointer to what is wrong' }),
          code: z.string(),
          message: z.string(),
          rule: z.string().optional(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'Every error answer, as application/problem+json' });
