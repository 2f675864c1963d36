import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { FIELD_SCHEMAS } from './definition-fields.ts';
import { FormDefinition } from './definition.ts';

const schema = z.toJSONSchema(FormDefinition, { target: 'draft-2020-12' });
const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(schema);

const form = {
  title: { en: 'Visit', de: 'Besuch' },
  languages: ['en', 'de'],
  pages: [
    {
      name: 'who',
      fields: [
        { type: 'text', name: 'name', label: 'Name', required: true, pattern: '^\\S' },
        {
          type: 'group',
          name: 'contact',
          visible: 'answered(name)',
          fields: [
            {
              type: 'email',
              name: 'mail',
              constraints: [{ rule: "!mail.endsWith('.test')", message: 'real, please' }],
            },
            {
              type: 'select',
              name: 'by',
              choices: [{ value: 'mail', label: 'Mail', attributes: { rank: 1 } }],
            },
          ],
        },
      ],
    },
  ],
};

describe('the form language', () => {
  it('reads a form as it is written', () => {
    expect(FormDefinition.parse(form)).toEqual(form);
  });

  it('has a JSON Schema that accepts the same form and refuses unknown properties', () => {
    expect([validate(form), validate.errors]).toEqual([true, null]);
    expect(validate({ ...form, colour: 'red' })).toBe(false);
    expect(validate({ ...form, pages: [{ fields: [{ type: 'text', name: 'a', scale: 2 }] }] })).toBe(false);
  });

  it('names and describes every type of field in its JSON Schema', () => {
    const definitions = schema.$defs ?? {};
    const described = Object.entries(definitions).filter(([, one]) => one.description !== undefined);
    expect(described.map(([name]) => name)).toEqual(
      expect.arrayContaining(FIELD_SCHEMAS.map((field) => field.meta()?.id ?? 'a field without an id')),
    );
  });

  it('says of every default that the server does not apply it', () => {
    const defaults = FIELD_SCHEMAS.map((field) => field.shape.default.meta()?.description ?? 'nothing');
    expect(defaults.filter((text) => !text.includes('the server never applies it'))).toEqual([]);
  });
});
