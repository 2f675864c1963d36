import { z } from 'zod';

/** Some numbers have more digits than a number of JavaScript. */
const withNumbersAsWritten = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' ? context?.source : value;

const LIST = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text, withNumbersAsWritten);
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(
    z
      .array(z.union([z.string(), z.boolean()]).transform(String))
      .min(1)
      .max(100),
  );

/** The values of a JSON array, each as the text of one; undefined for what is no such array. */
export const parseList = (text: string): readonly string[] | undefined => LIST.safeParse(text).data;
