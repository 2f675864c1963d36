import { describe, expect, it } from '@jest/globals';
import { FormDefinition } from '#contracts/form/definition';
import { LIMITS } from '#contracts/form/definition-limits';
import { compileForm } from './compile.ts';

const errorsOf = (definition: unknown) => {
  const compilation = compileForm(definition);
  return compilation.ok ? [] : compilation.errors;
};
/** `path code` of the errors of a form with these fields, paths from the fields on. */
const faults = (...fields: readonly unknown[]): readonly string[] =>
  errorsOf({ title: 'Test', pages: [{ fields }] }).map(
    ({ path, code }) => `${path.replace(/^\/pages\/0\/fields/, '')} ${code}`,
  );
const text = (name: string, more: object = {}) => ({ type: 'text', name, ...more });
const select = (values: readonly unknown[], more: object = {}) => ({
  type: 'select',
  name: 'a',
  choices: values.map((value) => (typeof value === 'string' ? { value } : value)),
  ...more,
});
const nested = (depth: number): object =>
  depth === 0 ? text('deep') : { type: 'group', name: `g${depth}`, fields: [nested(depth - 1)] };

describe('compiling a form', () => {
  it.each<[what: string, fields: readonly unknown[], expected: readonly string[]]>([
    ['no fields', [], ['/pages no_fields']],
    ['an unknown property', [text('a', { requierd: true })], ['/0/requierd unknown_property']],
    ['an unknown type', [{ type: 'tetx', name: 'a' }], ['/0/type unknown_type']],
    ['a name that rules could not use', [text('first name')], ['/0/name pattern']],
    [
      'a name that CEL reserves',
      [text('in'), text('form'), text('constructor')],
      ['/0/name reserved_name', '/1/name reserved_name', '/2/name reserved_name'],
    ],
    ['a rule that is neither truth nor text', [text('a', { required: 1 })], ['/0/required type']],
    ['a tag that is none', [text('a', { label: { 'not a tag': 'x' } })], ['/0/label/not a tag pattern']],
    ['a property of another type of field', [text('a', { scale: 2 })], ['/0/scale unknown_property']],
    ['one name twice', [text('a'), text('a')], ['/1/name duplicate_name', '/1/name duplicate_id']],
    [
      'one name for a field and a group',
      [text('a'), { type: 'group', name: 'a', id: 'b', fields: [] }],
      ['/1/name duplicate_name'],
    ],
    ['one id twice', [text('a', { id: 'x' }), text('b', { id: 'x' })], ['/1/id duplicate_id']],
    ['an id that is the name of another', [text('a'), text('b', { id: 'a' })], ['/1/id duplicate_id']],
    [
      'bounds that exclude everything',
      [text('a', { minLength: 2, maxLength: 1 })],
      ['/0/minLength invalid_field'],
    ],
    [
      'numeric bounds that exclude everything',
      [{ type: 'integer', name: 'a', min: 2, max: 1 }],
      ['/0/min invalid_field'],
    ],
    [
      'dates that exclude everything',
      [{ type: 'date', name: 'a', min: '2024-01-02', max: '2024-01-01' }],
      ['/0/min invalid_field'],
    ],
    ['a date that is none', [{ type: 'date', name: 'a', min: '2024-02-30' }], ['/0/min invalid_field']],
    [
      'an instant that is none',
      [{ type: 'dateTime', name: 'a', max: '2024-02-03T25:00:00Z' }],
      ['/0/max invalid_field'],
    ],
    [
      'a bound finer than the scale',
      [{ type: 'decimal', name: 'a', scale: 1, min: 0.25 }],
      ['/0/min invalid_field'],
    ],
    ['a pattern that RE2 does not know', [text('a', { pattern: '(?=x)' })], ['/0/pattern invalid_field']],
    [
      'a default that the field would refuse',
      [text('a', { maxLength: 1, default: 'xy' })],
      ['/0/default invalid_default'],
    ],
    ['a default that is not a choice', [select(['x'], { default: 'y' })], ['/0/default invalid_default']],
    [
      'a default of several lines where one is asked for',
      [text('a', { default: 'x\ny' })],
      ['/0/default invalid_default'],
    ],
    ['one choice twice', [select(['x', 'x'])], ['/0/choices/1/value invalid_field']],
    [
      'attributes of two types',
      [
        select([
          { value: 'x', attributes: { k: 1 } },
          { value: 'y', attributes: { k: 'z' } },
        ]),
      ],
      ['/0/choices/1/attributes/k invalid_field'],
    ],
    [
      'an attribute in the place of the value',
      [select([{ value: 'x', attributes: { value: 'z' } }])],
      ['/0/choices/0/attributes/value invalid_field'],
    ],
    [
      'a filter on an attribute that no choice has',
      [select(['x'], { filter: "choice.k == 'z'" })],
      ['/0/filter rule_type'],
    ],
    [
      'a choice outside a filter',
      [select(['x'], { visible: "choice.value == 'x'" })],
      ['/0/visible unknown_variable'],
    ],
    [
      'rules over fields that are not there',
      [text('a', { visible: 'b', required: 'b', constraints: [{ rule: 'b', message: 'm' }] })],
      [
        '/0/visible unknown_variable',
        '/0/required unknown_variable',
        '/0/constraints/0/rule unknown_variable',
      ],
    ],
    [
      'a rule that compares with no choice',
      [select(['x'], { required: "a == 'z'" })],
      ['/0/required unknown_choice'],
    ],
    [
      'a constraint without a message',
      [text('a', { constraints: [{ rule: 'true' }] })],
      ['/0/constraints/0/message required'],
    ],
  ])('refuses %s', (_what, fields, expected) => {
    expect(faults(...fields)).toEqual(expected);
  });

  it('reports every error at once, with line and column', () => {
    expect(
      errorsOf({
        title: 'Test',
        pages: [
          { visible: 'n', fields: [text('a', { visible: "answered(a) &&\n  b == 'x'" }), text('a')] },
          { fields: [{ type: 'integer', name: 'n', min: 2, max: 1 }] },
        ],
      }),
    ).toMatchObject([
      { path: '/pages/0/fields/1/name', message: 'a is the name of /pages/0/fields/0/name already' },
      { path: '/pages/0/fields/1/name', code: 'duplicate_id' },
      { path: '/pages/1/fields/0/min', message: 'min (2) is above max (1)' },
      {
        path: '/pages/0/visible',
        message: 'line 1, column 1: the rule must be true or false, but it is of type int',
        rule: 'n',
      },
      { path: '/pages/0/fields/0/visible', message: 'line 2, column 3: there is no field b' },
    ]);
  });

  describe('refuses visibility that depends on itself', () => {
    const cycles = (...fields: readonly unknown[]) =>
      errorsOf({ title: 'Test', pages: [{ fields }] }).map(({ path, code, message, rule }) => [
        path,
        code,
        message,
        rule,
      ]);
    const circle = (names: string) => `what is visible depends on itself: ${names}`;

    it('of a field', () => {
      expect(cycles(text('a', { visible: 'answered(a)' }))).toEqual([
        ['/pages/0/fields/0/visible', 'cycle', circle('a → a'), 'answered(a)'],
      ]);
    });

    it('of several, naming the way round', () => {
      const around = [
        text('a', { visible: 'answered(c)' }),
        text('b', { visible: 'answered(a)' }),
        text('c', { visible: 'answered(b)' }),
        text('d', { visible: 'answered(a)' }),
      ];
      expect(cycles(...around)).toEqual([
        ['/pages/0/fields/0/visible', 'cycle', circle('a → c → b → a'), 'answered(c)'],
      ]);
    });

    it('of a group through a field inside it', () => {
      expect(cycles({ type: 'group', name: 'g', visible: 'answered(a)', fields: [text('a')] })).toEqual([
        ['/pages/0/fields/0/visible', 'cycle', circle('g → a → g'), 'answered(a)'],
      ]);
    });

    it('but not other rules that read each other', () => {
      expect(cycles(text('a', { required: 'answered(b)' }), text('b', { required: 'answered(a)' }))).toEqual(
        [],
      );
    });
  });

  describe('holds a form to its limits', () => {
    const fields = (count: number) => Array.from({ length: count }, (_, i) => text(`f${i}`));

    it('of fields', () => {
      expect(faults(...fields(LIMITS.fields))).toEqual([]);
      expect(errorsOf({ title: 'Test', pages: [{ fields: fields(LIMITS.fields + 1) }] })).toEqual([
        {
          path: '/pages',
          code: 'too_many_fields',
          message: 'a form may have 2000 fields; this one has 2001',
        },
      ]);
    });

    it('of groups', () => {
      const groups = Array.from({ length: LIMITS.groups + 1 }, (_, i) => ({
        type: 'group',
        name: `g${i}`,
        fields: [],
      }));
      expect(faults(text('a'), ...groups)).toEqual(['/pages too_many_groups']);
    });

    it('of depth', () => {
      expect(faults(nested(LIMITS.depth - 1))).toEqual([]);
      expect(errorsOf({ title: 'Test', pages: [{ fields: [nested(LIMITS.depth)] }] })).toMatchObject([
        { path: `/pages/0${'/fields/0'.repeat(LIMITS.depth)}`, code: 'too_deep' },
        { code: 'no_fields' },
      ]);
    });

    it('of brackets in its JSON, however many they are', () => {
      const deep = JSON.parse('{"fields":['.repeat(50_000) + ']}'.repeat(50_000)) as unknown;
      expect(errorsOf(deep)).toMatchObject([{ path: '', code: 'too_deep' }]);
    });

    it('of the length of a rule', () => {
      expect(faults(text('a', { visible: `true${' '.repeat(LIMITS.ruleBytes - 4)}` }))).toEqual([]);
      expect(faults(text('a', { visible: `true${' '.repeat(LIMITS.ruleBytes - 3)}` }))).toEqual([
        '/0/visible rule_too_long',
      ]);
    });
  });

  it('takes the example of the reference as it is', () => {
    const examples = (FormDefinition.meta()?.['examples'] ?? []) as readonly unknown[];
    expect(examples).toHaveLength(1);
    expect(examples.flatMap(errorsOf)).toEqual([]);
  });

  it.each<[what: string, to: string, expected: readonly string[]]>([
    ['an e-mail field, wherever it lies', 'mail', []],
    ['a field that is not there', 'male', ['/receipt/to unknown_field the form has no field male']],
    ['a group', 'g', ['/receipt/to unknown_field the form has no field g']],
    [
      'a field of another type',
      'a',
      ['/receipt/to not_an_email_field a is a field of type text; a receipt needs one of type email'],
    ],
  ])('looks at the field that a receipt goes to: %s', (_what, to, expected) => {
    const fields = [text('a'), { type: 'group', name: 'g', fields: [{ type: 'email', name: 'mail' }] }];
    const errors = errorsOf({ title: 'T', receipt: { to }, pages: [{ fields }] });
    expect(errors.map(({ path, code, message }) => `${path} ${code} ${message}`)).toEqual(expected);
  });

  it('asks for every language that the form offers', () => {
    const form = {
      title: { en: 'T', de: 'T' },
      languages: ['en', 'de'],
      pages: [
        {
          title: { EN: 'x' },
          fields: [
            {
              type: 'group',
              name: 'g',
              label: 'plain',
              fields: [
                select([{ value: 'x', label: { de: 'x' } }], {
                  constraints: [{ rule: 'true', message: { en: 'm' } }],
                }),
              ],
            },
          ],
        },
      ],
    };
    expect(errorsOf(form).map(({ path, code, message }) => `${path} ${code} ${message}`)).toEqual([
      '/pages/0/title missing_translation there is no text for de',
      '/pages/0/fields/0/fields/0/constraints/0/message missing_translation there is no text for de',
      '/pages/0/fields/0/fields/0/choices/0/label missing_translation there is no text for en',
    ]);
    expect(errorsOf({ ...form, language: 'fr' })[0]).toMatchObject({
      path: '/languages',
      code: 'missing_language',
    });
  });

  it.each([
    null,
    1,
    'form',
    [],
    {},
    { title: 'x' },
    { title: 'x', pages: [] },
    { title: 'x', pages: [null] },
  ])('refuses %j without throwing', (input) => {
    expect(errorsOf(input).length).toBeGreaterThan(0);
  });
});
