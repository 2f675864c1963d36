import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { answersSchema } from './answers-schema.ts';
import { compileForm } from './compile.ts';
import { CASES, NOW } from './validate.cases.ts';
import { validateAnswers } from './validate.ts';

const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, validateFormats: false });

describe('the schema of answers', () => {
  it.each(CASES.map((one) => [one.name, one] as const))(
    'accepts what validation accepts: %s',
    (_name, { fields, answers }) => {
      const compilation = compileForm({ title: 'Test', pages: [{ fields }] });
      if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors));
      const validate = ajv.compile(answersSchema(compilation.form.definition));
      const result = validateAnswers(compilation.form, answers, { now: new Date(NOW) });
      if (result.problems.length === 0)
        expect([validate(result.answers), validate.errors]).toEqual([true, null]);
    },
  );

  it('says what can be said of the structure', () => {
    const compilation = compileForm({
      title: { en: 'A form', de: 'Ein Formular' },
      language: 'de',
      pages: [
        {
          fields: [
            {
              type: 'text',
              name: 'a',
              label: { en: 'A', de: 'Ä' },
              hint: 'h',
              required: true,
              maxLength: 3,
              pattern: '^x',
            },
            {
              type: 'text',
              name: 'b',
              required: true,
              visible: 'answered(a)',
              pattern: '(?i)x',
              default: 'x',
            },
            { type: 'decimal', name: 'c', scale: 2, required: "a == 'x'" },
          ],
        },
        { visible: 'answered(a)', fields: [{ type: 'boolean', name: 'd', required: true }] },
      ],
    });
    if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors));
    expect(answersSchema(compilation.form.definition)).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Ein Formular',
      type: 'object',
      properties: {
        a: { title: 'Ä', description: 'h', type: 'string', maxLength: 3, pattern: '^x' },
        b: { default: 'x', anyOf: [{ type: 'string' }, { type: 'null' }] },
        c: {
          anyOf: [{ type: 'string', pattern: '^-?(?:0|[1-9][0-9]{0,17})\\.[0-9]{2}$' }, { type: 'null' }],
        },
        d: { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
      },
      required: ['a'],
      additionalProperties: false,
    });
  });
});
