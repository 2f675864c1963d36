import { z } from 'zod';

/** `limit` of every list. */
export const PageLimit = z.coerce
  .number()
  .int({ abort: true })
  .min(1)
  .max(200)
  .default(50)
  .meta({ description: 'How many items a page has at most', examples: [50] });

/** `cursor` of lists whose sort values are short. */
export const Cursor = z
  .string()
  .max(400)
  .optional()
  .meta({ description: '`next` of the page before, with the same conditions' });
