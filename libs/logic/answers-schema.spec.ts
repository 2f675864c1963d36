import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { FIELD_SCHEMAS, type FieldType } from '#contracts/form/definition-fields';
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
        a: {
          title: 'Ä',
          description: 'h',
          type: 'string',
          minLength: 1,
          maxLength: 3,
          pattern: '^x',
          not: { pattern: '[\\x00-\\x08\\x0A-\\x1F]' },
        },
        b: {
          default: 'x',
          anyOf: [{ type: 'string', not: { pattern: '[\\x00-\\x08\\x0A-\\x1F]' } }, { type: 'null' }],
        },
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

const choices = ['x', 'y', 'z'].map((value) => ({ value }));

/** Fields of each type, each with bounds of its own. */
const FIELDS: Readonly<Record<FieldType, readonly object[]>> = {
  text: [{}, { minLength: 2, maxLength: 3 }, { pattern: '^\\S+$' }, { pattern: '.x' }, { pattern: '(?i)x' }],
  longText: [{}, { minLength: 2, maxLength: 3 }, { pattern: '^x.y$' }],
  email: [{}],
  integer: [{}, { min: 0, max: 5 }],
  decimal: [{}, { min: 0, max: 2 }, { scale: 2 }, { scale: 0 }, { scale: 2, min: 0, max: 2 }],
  boolean: [{}],
  date: [{}, { min: '2024-01-01', max: '2024-12-31' }],
  dateTime: [{}, { min: '2024-01-01T00:00:00Z' }],
  select: [{ choices }],
  multiSelect: [{ choices }, { choices, minSelected: 1, maxSelected: 2 }, { choices, minSelected: 2 }],
};

const VALUES: readonly unknown[] = [
  ...[null, true, false, {}, { x: 1 }],
  ...[0, -0, 1, 1.5, -1, 6, 2 ** 53, 1e300],
  ...['', ' ', 'x', 'xx', 'X', 'a x', 'xxxx', 'x\ny', 'x\r', 'x\ty', 'x\u0000', '\u000b', '\u00a0', '\n'],
  ...['😀', '😀😀😀', '😀😀😀😀', 'x\u2028y', 'x\ud800'],
  ...['1', '1.50', '1.5', '-0.00', '-1.00', '9.99', '01.00', '12', `${'9'.repeat(19)}.00`],
  ...['a@b.c', 'a@b', 'a@b@c', 'a..b@c.d', `${'a'.repeat(65)}@b.c`, 'a@-b.c', 'a@b.c\n'],
  ...['2024-02-29', '2023-02-29', '0000-01-01', '0001-01-01', '2023-12-31', '2024-2-29', '2024-02-29\n'],
  ...['2024-02-29T12:00:00Z', '2024-02-29t12:00:00z', '2024-02-29T12:00:00', '2024-02-29 12:00:00Z'],
  ...['2023-02-29T12:00:00Z', '2024-02-29T23:59:60Z', '2024-02-29T24:00:00Z', '0000-01-01T00:00:00Z'],
  ...['2024-02-29T12:00:00.1234567890Z', '2024-02-29T12:00:00.123456789+01:00', '2023-01-01T00:00:00Z'],
  ...['0001-01-01T00:00:00+01:00', '2024-02-29T12:00:00+01', '2024-02-29T12:00Z'],
  ...[[], ['x'], ['x', 'y'], ['z', 'x', 'y'], ['x', 'x'], ['q'], [1], ['x', null], [['x']]],
];

/** What a JSON Schema cannot say of an answer: the codes of such refusals by the type of the field. */
const UNSAYABLE: Readonly<Partial<Record<FieldType, readonly string[]>>> = {
  text: ['pattern'],
  decimal: ['too_small', 'too_large'],
  date: ['too_early', 'too_late'],
  dateTime: ['too_early', 'too_late'],
};

/** Values that only a calendar in UTC, or a look at UTF-16, shows to be wrong. */
const unsayable = (value: unknown): boolean =>
  typeof value === 'string' && (!value.isWellFormed() || value.startsWith('0001-01-01T'));

const asserting = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
addFormats.default(asserting);

describe('the schema and the validation of one answer', () => {
  const cases = FIELD_SCHEMAS.flatMap(({ shape }) => {
    const type = shape.type.value;
    return FIELDS[type].flatMap((more) =>
      [undefined, false, true].map((required) => ({ type, name: 'a', required, ...more })),
    );
  });
  const judges = (field: (typeof cases)[number]) => {
    const compilation = compileForm({ title: 'Test', pages: [{ fields: [field] }] });
    if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors));
    const { form } = compilation;
    const schema = answersSchema(form.definition);
    return {
      server: (answers: object) => validateAnswers(form, answers, { now: new Date(NOW) }),
      asserting: asserting.compile(schema),
      plain: ajv.compile(schema),
    };
  };

  it.each(cases.map((field) => [JSON.stringify(field), field] as const))('agree on %s', (_text, field) => {
    const { server, asserting: accepts, plain } = judges(field);
    for (const answers of [{}, ...VALUES.map((a) => ({ a }))]) {
      const { problems, answers: normal } = server(answers);
      if (problems.length === 0)
        expect([answers, plain(normal), plain.errors]).toEqual([answers, true, null]);
      else if (accepts(answers) && !unsayable('a' in answers ? answers.a : undefined)) {
        const others = problems.filter(({ code }) => !UNSAYABLE[field.type]?.includes(code));
        expect([answers, others]).toEqual([answers, []]);
      }
    }
  });

  it('agree on any text', () => {
    const texts = fc.string({
      unit: fc.constantFrom('a', ' ', '\t', '\n', '\r', '\u0001', '\u001f', 'é', '😀'),
    });
    for (const field of cases.filter(({ type }) => type === 'text' || type === 'longText')) {
      if ('pattern' in field && field.pattern === '(?i)x') continue; // its pattern is not in the schema
      const { server, plain } = judges(field);
      fc.assert(
        fc.property(texts, (a) => {
          fc.pre(a !== ''); // no answer for the server, whatever the bounds
          expect(plain({ a })).toBe(server({ a }).problems.length === 0);
        }),
      );
    }
  });
});
