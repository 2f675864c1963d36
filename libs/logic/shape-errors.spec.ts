import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FIELD_SCHEMAS } from '#contracts/form/definition-fields';
import { parseDefinition } from './definition-shape.ts';

const errorsOf = (definition: unknown): readonly string[] => {
  const parsed = parseDefinition(definition);
  return parsed.ok ? [] : parsed.errors.map(({ path, code, message }) => `${path} ${code}: ${message}`);
};
const fieldErrors = (field: unknown): readonly string[] =>
  errorsOf({ title: 'T', pages: [{ fields: [field] }] }).map((error) =>
    error.replace(/^\/pages\/0\/fields\/0/, ''),
  );
const text = (more: object) => ({ type: 'text', name: 'a', ...more });
const types = [...FIELD_SCHEMAS.map(({ shape }) => shape.type.value), 'group'].join(', ');

describe('errors of shape', () => {
  it.each<[what: string, field: unknown, expected: readonly string[]]>([
    [
      'an unknown type',
      { type: 'txt', name: 'a' },
      [`/type unknown_type: there is no type "txt"; the types are ${types}`],
    ],
    [
      'a type that is no text',
      { type: 1, name: 'a' },
      [`/type unknown_type: there is no type a number; the types are ${types}`],
    ],
    ['no type', { name: 'a' }, [`/type required: a type is missing; the types are ${types}`]],
    ['a field that is none', null, [' type: expected an object, not null']],
    ['no name', { type: 'text' }, ['/name required: this property is missing: expected text']],
    [
      'a reserved name',
      { type: 'text', name: 'in' },
      [
        '/name reserved_name: "in" is a reserved name: CEL, the form language or JavaScript means something else by it',
      ],
    ],
    [
      'a name of other characters',
      { type: 'text', name: 'first name' },
      ['/name pattern: expected a letter, then letters, digits and underscores, at most 64'],
    ],
    [
      'a reserved attribute',
      { type: 'select', name: 'a', choices: [{ value: 'x', attributes: { null: 1 } }] },
      [
        '/choices/0/attributes/null reserved_name: "null" is a reserved name: CEL, the form language or JavaScript means something else by it',
      ],
    ],
    [
      'neither of two kinds',
      text({ required: 1 }),
      ['/required type: expected true or false, or text, not a number'],
    ],
    ['a list for a number', text({ minLength: [] }), ['/minLength type: expected a number, not a list']],
    ['a broken number', text({ minLength: 1.5 }), ['/minLength type: expected a whole number, not 1.5']],
    ['a number below its least', text({ minLength: -1 }), ['/minLength too_small: must be at least 0']],
    [
      'a number above its most',
      text({ maxLength: 2 ** 30 }),
      ['/maxLength too_large: must be at most 1048576'],
    ],
    ['an empty label', text({ label: '' }), ['/label too_short: this text is empty']],
    ['an empty translation', text({ label: { en: '' } }), ['/label/en too_short: this text is empty']],
    ['no translation', text({ label: {} }), ['/label too_few: at least one language is needed']],
    [
      'a very long label',
      text({ label: 'x'.repeat(20_001) }),
      ['/label too_long: at most 20000 characters are allowed'],
    ],
    ['no choices', { type: 'select', name: 'a', choices: [] }, ['/choices too_few: this list is empty']],
    [
      'very many constraints',
      text({ constraints: Array.from({ length: 51 }, () => ({ rule: 'true', message: 'm' })) }),
      ['/constraints too_many: at most 50 items are allowed'],
    ],
    [
      'an unknown property',
      text({ requierd: true }),
      ['/requierd unknown_property: the form language has no property "requierd" here'],
    ],
  ])('say in words of the form language: %s', (_what, field, expected) => {
    expect(fieldErrors(field)).toEqual(expected);
  });

  it('are all told at once, and none in the words of the parser', () => {
    const loose = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom<unknown>('', 1.5, -1, [], {}, null, 2 ** 60),
    );
    const properties = FIELD_SCHEMAS.flatMap(({ shape }) => Object.keys(shape)).filter(
      (key) => key !== 'type',
    );
    const field = fc.record(
      {
        type: fc.constantFrom('txt', ...types.split(', ')),
        ...Object.fromEntries(properties.map((key) => [key, loose])),
        fields: loose,
      },
      { requiredKeys: [] },
    );
    const codes =
      /^(required|unknown_type|unknown_property|type|pattern|reserved_name|too_(short|long|small|large|few|many))$/;
    fc.assert(
      fc.property(field, (given) => {
        const parsed = parseDefinition({ title: 'T', pages: [{ fields: [given] }] });
        for (const { code, message } of parsed.ok ? [] : parsed.errors) {
          expect(code).toMatch(codes);
          expect(message).not.toMatch(/^invalid|received|discriminator|undefined|^too (big|small)/i);
        }
      }),
      { numRuns: 500 },
    );
  });
});
