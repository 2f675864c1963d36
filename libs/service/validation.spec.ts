import { Problem } from '#contracts/errors';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { RequestValidationPipe } from './validation.ts';

const schema = z.strictObject({
  form: z.string(),
  limit: z.coerce.number().int().max(200).default(25),
  tags: z.array(z.string()).optional(),
});

const validate = (
  value: unknown,
  type: 'body' | 'query' | 'param' | 'custom' = 'body',
  of: z.ZodType | undefined = schema,
) => new RequestValidationPipe().transform(value, { type, schema: of });

async function problemOf(value: unknown, type?: 'query'): Promise<Problem> {
  const error: unknown = await validate(value, type).catch((thrown: unknown) => thrown);
  if (error instanceof Problem) return error;
  throw new Error('expected a Problem');
}

describe('request validation', () => {
  it("gives the handler the schema's output", async () => {
    expect(await validate({ form: 'a', limit: '50' })).toEqual({ form: 'a', limit: 50 });
    expect(await validate({ form: 'a' })).toEqual({ form: 'a', limit: 25 });
  });

  it('leaves a parameter without a schema alone', async () => {
    expect(await new RequestValidationPipe().transform('x', { type: 'custom' })).toBe('x');
  });

  it('names every error with its JSON Pointer', async () => {
    const problem = await problemOf({ limit: 500, tags: ['a', 1] });
    expect(problem.code).toBe('bad_request');
    expect(problem.message).toBe('The body has 3 errors.');
    expect(problem.errors.map(({ path, code }) => [path, code])).toEqual([
      ['/form', 'required'],
      ['/limit', 'too_large'],
      ['/tags/1', 'type'],
    ]);
  });

  it('names each unknown field by itself', async () => {
    const problem = await problemOf({ form: 'a', 'x/y': 1, z: 2 });
    expect(problem.errors).toEqual([
      { path: '/x~1y', code: 'unknown_field', message: 'There is no such field.' },
      { path: '/z', code: 'unknown_field', message: 'There is no such field.' },
    ]);
  });

  it('says which part of the request was wrong', async () => {
    expect((await problemOf({}, 'query')).message).toBe('The query has 1 error.');
  });

  it('says of a part that is missing that it is', async () => {
    const problem = await problemOf(undefined);
    expect(problem.message).toBe('The body is missing.');
    expect(problem.errors).toEqual([{ path: '', code: 'required', message: 'This is required.' }]);
  });
});
