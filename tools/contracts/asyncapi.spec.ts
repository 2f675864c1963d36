import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { asyncApi } from './asyncapi.ts';

const specification = createRequire(import.meta.url)(
  '@asyncapi/specs/schemas/3.1.0-without-$id.json',
) as object;

describe('the AsyncAPI document', () => {
  it('is one, by the schema of AsyncAPI 3.1', () => {
    const ajv = new Ajv({ strict: false, allErrors: false });
    addFormats.default(ajv);
    const validate = ajv.compile(specification);
    expect(validate(asyncApi()) ? [] : validate.errors).toEqual([]);
  });

  it('shows sealed fields as they lie in the log, and never in clear', () => {
    const text = JSON.stringify(
      (asyncApi() as { components: { messages: Record<string, unknown> } }).components.messages[
        'formbus.submission.submitted.v1'
      ],
    );
    expect(text).toContain('$sealed');
    expect(text).not.toContain('"answers":');
  });
});
