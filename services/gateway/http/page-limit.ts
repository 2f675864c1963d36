import { z } from 'zod';

/** `limit` of every list. */
export const PageLimit = z.coerce
  .number()
  .int({ abort: true })
  .min(1)
  .max(200)
  .default(50)
  .meta({ description: 'How many items a page has at most', examples: [50] });
