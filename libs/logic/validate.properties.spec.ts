import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileForm } from './compile.ts';
import type { CompiledForm } from './form.ts';
import { validateAnswers } from './validate.ts';

const options = { now: new Date('2024-03-01T12:30:00Z') };

function formOf(definition: unknown): CompiledForm {
  const compilation = compileForm(definition);
  if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors));
  return compilation.form;
}

const choices = ['x', 'y', 'z'].map((value, i) => ({ value, attributes: { of: ['a', 'b', 'c'].slice(i) } }));

/** Every type of field, and rules that read several of them. */
const form = formOf({
  title: 'Everything',
  pages: [
    {
      fields: [
        { type: 'text', name: 'text', required: true, maxLength: 20, pattern: '^[a-z ]*$' },
        {
          type: 'longText',
          name: 'long',
          minLength: 2,
          constraints: [{ rule: "!long.matches('(a+)+b')", message: 'm' }],
        },
        { type: 'email', name: 'email', required: '!answered(phone)' },
        { type: 'text', name: 'phone', visible: "flag || kind == 'b'" },
        { type: 'integer', name: 'whole', min: -5, constraints: [{ rule: '100 / whole > 1', message: 'm' }] },
        {
          type: 'decimal',
          name: 'number',
          constraints: [{ rule: 'number * 2.0 < 1e10 || whole > 3', message: 'm' }],
        },
        { type: 'decimal', name: 'money', scale: 2, max: 99 },
        { type: 'boolean', name: 'flag' },
        {
          type: 'date',
          name: 'day',
          constraints: [{ rule: 'age(day) >= 0 && day <= today()', message: 'm' }],
        },
        { type: 'dateTime', name: 'at', constraints: [{ rule: "at - day < duration('24h')", message: 'm' }] },
      ],
    },
    {
      visible: 'answered(text)',
      fields: [
        { type: 'select', name: 'kind', choices: ['a', 'b', 'c'].map((value) => ({ value })) },
        { type: 'select', name: 'one', choices, filter: 'kind in choice.of' },
        {
          type: 'group',
          name: 'group',
          visible: "kind != 'c'",
          fields: [
            {
              type: 'multiSelect',
              name: 'many',
              choices,
              filter: 'kind in choice.of && choice.value != one',
              maxSelected: 2,
            },
            { type: 'text', name: 'last', visible: "many.exists(m, m == 'y')", required: 'size(many) > 1' },
          ],
        },
      ],
    },
  ],
});

const HOSTILE = [
  '\ud800',
  'x\udfff',
  '\u0000',
  '__proto__',
  'a'.repeat(5000),
  '',
  'Ω'.repeat(30),
  '9'.repeat(400),
  '-0',
];
const loose = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(...HOSTILE, 2 ** 53, -0, 1e308, Number('1e999'), -5, [], {}, null, true),
  fc.constantFrom(
    'a',
    'b',
    'c',
    'x',
    'y',
    'z',
    'text',
    'a@b.c',
    '12.50',
    '2024-02-29',
    '2024-02-29T01:02:03+01:00',
  ),
  fc.array(fc.constantFrom<unknown>('x', 'y', 'z', 'q', 1, null), { maxLength: 5 }),
  fc.integer(),
  fc.double(),
);

/** Answers that are often right, and always JSON or nearly so. */
const answers = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(Object.fromEntries([...form.byName.keys()].map((name) => [name, loose])), {
      requiredKeys: [],
    }),
  },
  { weight: 1, arbitrary: fc.dictionary(fc.string({ unit: 'binary' }), loose) },
  { weight: 1, arbitrary: fc.jsonValue() },
);

describe('validation of any answers', () => {
  it('never throws, and gives the same every time', () => {
    fc.assert(
      fc.property(answers, (given) => {
        const result = validateAnswers(form, given, options);
        expect(validateAnswers(form, given, options)).toEqual(result);
      }),
      { numRuns: 400 },
    );
  });

  it('accepts its own normal form unchanged', () => {
    fc.assert(
      fc.property(answers, (given) => {
        const first = validateAnswers(form, given, options);
        const again = validateAnswers(form, first.answers, options);
        expect(again.answers).toEqual(first.answers);
        expect(again.dropped).toEqual([]);
        if (first.problems.length === 0) expect(again.problems).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('gives answers that survive JSON and UTF-8', () => {
    fc.assert(
      fc.property(answers, (given) => {
        const { answers: normal } = validateAnswers(form, given, options);
        const bytes = new TextEncoder().encode(JSON.stringify(normal));
        expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual(normal);
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order in which answers are given', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...form.byName.keys()), loose), (given) => {
        const reversed = Object.fromEntries(Object.entries(given).reverse());
        expect(validateAnswers(form, reversed, options)).toEqual(validateAnswers(form, given, options));
      }),
    );
  });

  it('either accepts, drops or names every answer that is given', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...form.byName.keys()), loose), (given) => {
        const { answers: normal, dropped, problems } = validateAnswers(form, given, options);
        const named = new Set(problems.map(({ path }) => path.split('/')[1]));
        for (const [name, value] of Object.entries(given)) {
          const blank = value === null || value === '' || (Array.isArray(value) && value.length === 0);
          expect(blank || name in normal || dropped.includes(name) || named.has(name)).toBe(true);
        }
      }),
    );
  });
});

describe('visibility in any form', () => {
  /** A tree of decisions: each field is visible when an earlier one, wherever it stands, has its value. */
  const chains = fc
    .array(fc.record({ parent: fc.nat(), when: fc.boolean(), answer: fc.option(fc.boolean()) }), {
      minLength: 1,
      maxLength: 30,
    })
    .chain((links) =>
      fc.tuple(
        fc.constant(links),
        fc.shuffledSubarray(
          links.map((_link, i) => i),
          { minLength: links.length },
        ),
      ),
    );

  it('is what following each field up to its first ancestor says, in whatever order they stand', () => {
    fc.assert(
      fc.property(chains, ([links, order]) => {
        const parentOf = (i: number): number | undefined =>
          i === 0 ? undefined : (links[i]?.parent ?? 0) % i;
        const shown = (i: number): boolean => {
          const parent = parentOf(i);
          return parent === undefined || (shown(parent) && links[parent]?.answer === links[i]?.when);
        };
        const fields = order.map((i) => {
          const parent = parentOf(i);
          const visible = parent === undefined ? {} : { visible: `f${parent} == ${links[i]?.when}` };
          return { type: 'boolean', name: `f${i}`, ...visible };
        });
        const given = Object.fromEntries(links.map(({ answer }, i) => [`f${i}`, answer]));
        const { answers: normal, dropped } = validateAnswers(
          formOf({ title: 'T', pages: [{ fields }] }),
          given,
          options,
        );
        const answered = order.filter((i) => links[i]?.answer !== null);
        expect(Object.keys(normal)).toEqual(answered.filter(shown).map((i) => `f${i}`));
        expect(dropped).toEqual(answered.filter((i) => !shown(i)).map((i) => `f${i}`));
      }),
      { numRuns: 200 },
    );
  });
});

describe('compilation of anything', () => {
  it('never throws', () => {
    const field = fc.record(
      {
        type: fc.constantFrom('text', 'integer', 'select', 'group', 'x'),
        name: fc.constantFrom('a', 'b', '__proto__'),
        visible: loose,
        required: loose,
        choices: loose,
        fields: loose,
        default: loose,
        pattern: loose,
      },
      { requiredKeys: ['type', 'name'] },
    );
    const definition = fc.record({
      title: fc.constant('T'),
      pages: fc.array(fc.record({ fields: fc.array(field, { maxLength: 4 }) }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.oneof(definition, fc.jsonValue()), (input) => {
        const compilation = compileForm(input);
        expect(compilation.ok || compilation.errors.length > 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('reads any text as a rule without throwing', () => {
    const token = fc.constantFrom(
      'a',
      'b',
      'n',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '"x"',
      "'",
      '&&',
      '||',
      '!',
      '-',
      '.',
      '?',
      ':',
      '==',
      'in',
      '1',
      '2.5',
      'null',
      'size',
      'matches',
      'exists',
      ',',
      'choice',
      'cel.bind',
      '+',
      '/',
      '0',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(token, { maxLength: 12 }).map((parts) => parts.join(' ')),
          fc.string({ unit: 'binary' }),
        ),
        (rule) => {
          const fields = [
            { type: 'text', name: 'a', required: rule === '' ? 'true' : rule },
            {
              type: 'multiSelect',
              name: 'b',
              choices: [{ value: 'x' }],
              filter: rule === '' ? 'true' : rule,
            },
            { type: 'integer', name: 'n' },
          ];
          const compilation = compileForm({ title: 'T', pages: [{ fields }] });
          if (compilation.ok) validateAnswers(compilation.form, { b: ['x'], n: 0 }, options);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
