/**
 * What validation means, as a table: fields, answers, and what comes of them. Run on Node by validate.spec.ts and
 * where there is no Node by browser.spec.ts.
 */
export interface ValidationCase {
  readonly name: string;
  readonly fields: readonly unknown[];
  readonly answers: unknown;
  /** `path code`, in order. */
  readonly problems?: readonly string[];
  readonly dropped?: readonly string[];
  /** The answers in normal form, where that matters. */
  readonly normal?: Readonly<Record<string, unknown>>;
}

export const NOW = '2024-03-01T12:30:00Z';

const text = (name: string, more: object = {}) => ({ type: 'text', name, ...more });
const integer = (name: string, more: object = {}) => ({ type: 'integer', name, ...more });
const select = (name: string, values: readonly string[], more: object = {}) => ({
  type: 'select',
  name,
  choices: values.map((value) => ({ value })),
  ...more,
});
const TEXTS_WITH_CONTROLS = {
  a: 'x\ty\u007f\u0085\u2028',
  b: 'x\n',
  c: '\u001f',
  d: 'x\u000by',
  e: 'x\ty\r\nz',
  f: 'x\u000c',
  g: '\u0000',
};
const constrained = (rule: string) => ({ constraints: [{ rule, message: 'broken' }] });
const group = (name: string, fields: readonly unknown[], more: object = {}) => ({
  type: 'group',
  name,
  fields,
  ...more,
});

const blanks: readonly ValidationCase[] = [
  { name: 'accepts nothing where nothing is required', fields: [text('a')], answers: {}, normal: {} },
  {
    name: 'takes null, an empty text and an empty list as no answer',
    fields: [text('a'), integer('b'), { type: 'multiSelect', name: 'c', choices: [{ value: 'x' }] }],
    answers: { a: '', b: null, c: [] },
    normal: {},
  },
  {
    name: 'asks for what is required',
    fields: [text('a', { required: true }), integer('b', { required: true }), text('c', { required: false })],
    answers: { b: null },
    problems: ['/a required', '/b required'],
  },
  {
    name: 'takes false and zero as answers',
    fields: [{ type: 'boolean', name: 'a', required: true }, integer('b', { required: true })],
    answers: { a: false, b: 0 },
    normal: { a: false, b: 0 },
  },
  {
    name: 'asks for what a rule requires',
    fields: [select('how', ['phone', 'mail']), text('phone', { required: "how == 'phone'" })],
    answers: { how: 'phone' },
    problems: ['/phone required'],
  },
  {
    name: 'does not require what an unanswered field leaves open',
    fields: [select('how', ['phone', 'mail']), text('phone', { required: "how == 'phone'" })],
    answers: {},
  },
];

const types: readonly ValidationCase[] = [
  {
    name: 'names every answer that is not of its type',
    fields: [
      text('a'),
      { type: 'longText', name: 'b' },
      { type: 'email', name: 'c' },
      integer('d'),
      { type: 'decimal', name: 'e' },
      { type: 'boolean', name: 'f' },
      { type: 'date', name: 'g' },
      { type: 'dateTime', name: 'h' },
      select('i', ['x']),
      { type: 'multiSelect', name: 'j', choices: [{ value: 'x' }] },
    ],
    answers: {
      a: 1,
      b: ['x'],
      c: 'nobody',
      d: 1.5,
      e: '1',
      f: 'true',
      g: '2023-02-30',
      h: '2023-02-03',
      i: 7,
      j: 'x',
    },
    problems: 'abcdefghij'.split('').map((name) => `/${name} type`),
  },
  {
    name: 'refuses numbers that JSON cannot carry exactly',
    fields: [integer('a'), integer('b'), { type: 'decimal', name: 'c' }],
    answers: { a: 2 ** 53, b: 1e300, c: Number('1e999') },
    problems: ['/a type', '/b type', '/c type'],
  },
  { name: 'stores minus zero as zero', fields: [integer('a')], answers: { a: -0 }, normal: { a: 0 } },
  {
    name: 'refuses text that UTF-8 cannot carry',
    fields: [text('a'), text('b')],
    answers: { a: 'x\ud800', b: '😀' },
    problems: ['/a type'],
    normal: { b: '😀' },
  },
  {
    name: 'counts characters, not UTF-16 units',
    fields: [text('a', { maxLength: 2 }), text('b', { maxLength: 2 }), text('c', { minLength: 2 })],
    answers: { a: '😀😀', b: '😀😀😀', c: '😀' },
    problems: ['/b too_long', '/c too_short'],
  },
  {
    name: 'applies a pattern anywhere in the answer, unless it is anchored',
    fields: [text('a', { pattern: '[0-9]+' }), text('b', { pattern: '^[0-9]+$' })],
    answers: { a: 'no 7', b: 'no 7' },
    problems: ['/b pattern'],
  },
  {
    name: 'names everything that is wrong with one text',
    fields: [
      text('a', { maxLength: 3, pattern: '^[a-z]*$' }),
      text('b', { minLength: 5, pattern: '^[a-z]*$' }),
      text('c', { maxLength: 1 }),
    ],
    answers: { a: 'ABCD', b: 'A\nB', c: '\r\u0000' },
    problems: [
      '/a too_long',
      '/a pattern',
      '/b too_short',
      '/b line_break',
      '/b pattern',
      '/c too_long',
      '/c line_break',
      '/c control_character',
    ],
  },
  {
    name: 'wants one line in a text, and no control characters but the tab in any',
    fields: [
      ...['a', 'b', 'c', 'd'].map((name) => text(name)),
      ...['e', 'f', 'g'].map((name) => ({ type: 'longText', name })),
    ],
    answers: TEXTS_WITH_CONTROLS,
    problems: [
      '/b line_break',
      '/c control_character',
      '/d control_character',
      '/f control_character',
      '/g control_character',
    ],
    normal: TEXTS_WITH_CONTROLS,
  },
  {
    name: 'accepts e-mail addresses as browsers do',
    fields: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ type: 'email', name })),
    answers: {
      a: 'x+y@example.org',
      b: 'x@localhost',
      c: 'x@y@z',
      d: 'x@-y.org',
      e: `${'x'.repeat(250)}@example.org`,
    },
    problems: ['/c type', '/d type', '/e type'],
  },
  {
    name: 'holds numbers to their bounds',
    fields: [
      integer('a', { min: 1, max: 5 }),
      integer('b', { min: 1, max: 5 }),
      { type: 'decimal', name: 'c', min: 0.5 },
      { type: 'decimal', name: 'd', max: 0.5 },
    ],
    answers: { a: 0, b: 6, c: 0.25, d: 0.75 },
    problems: ['/a too_small', '/b too_large', '/c too_small', '/d too_large'],
  },
  {
    name: 'wants a decimal with a scale as a string of that scale',
    fields: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ type: 'decimal', name, scale: 2 })),
    answers: { a: '12.50', b: '12.5', c: 12.5, d: '-0.00', e: '012.50', f: '123456789012345678.99' },
    problems: ['/b type', '/c type', '/e type'],
    normal: { a: '12.50', d: '0.00', f: '123456789012345678.99' },
  },
  {
    name: 'compares exact decimals exactly',
    fields: [
      { type: 'decimal', name: 'a', scale: 2, max: 0.1 },
      { type: 'decimal', name: 'b', scale: 2, max: 0.1 },
      { type: 'decimal', name: 'c', scale: 0, min: 3 },
    ],
    answers: { a: '0.10', b: '0.11', c: '2' },
    problems: ['/b too_large', '/c too_small'],
  },
  {
    name: 'knows the calendar',
    fields: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ type: 'date', name })),
    answers: { a: '2024-02-29', b: '2023-02-29', c: '1900-02-29', d: '0000-01-01', e: '0001-01-01' },
    problems: ['/b type', '/c type', '/d type'],
  },
  {
    name: 'holds dates to their bounds',
    fields: [
      { type: 'date', name: 'a', min: '2024-01-01' },
      { type: 'date', name: 'b', max: '2024-01-01' },
      { type: 'dateTime', name: 'c', min: '2024-01-01T00:00:00Z' },
      { type: 'dateTime', name: 'd', max: '2024-01-01T00:00:00Z' },
    ],
    answers: {
      a: '2023-12-31',
      b: '2024-01-02',
      c: '2024-01-01T00:59:59+01:00',
      d: '2023-12-31T23:59:59-01:00',
    },
    problems: ['/a too_early', '/b too_late', '/c too_early', '/d too_late'],
  },
  {
    name: 'keeps instants in UTC to the millisecond',
    fields: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ type: 'dateTime', name })),
    answers: {
      a: '2024-03-01T01:00:00+02:00',
      b: '2024-03-01t01:00:00.123456z',
      c: '2024-03-01T01:00:00',
      d: '2024-03-01T24:00:00Z',
      e: '0001-01-01T00:00:00+01:00',
      f: '2024-03-01T01:00:60Z',
    },
    problems: ['/c type', '/d type', '/e type', '/f type'],
    normal: { a: '2024-02-29T23:00:00.000Z', b: '2024-03-01T01:00:00.123Z' },
  },
];

const choices: readonly ValidationCase[] = [
  {
    name: 'refuses what is not a choice',
    fields: [select('a', ['x', 'y'])],
    answers: { a: 'z' },
    problems: ['/a choice'],
  },
  {
    name: 'puts several choices in the order of the form, and names each that is wrong',
    fields: ['a', 'b'].map((name) => ({
      type: 'multiSelect',
      name,
      choices: ['x', 'y', 'z', 'u', 'v'].map((value) => ({ value })),
    })),
    answers: { a: ['z', 'x'], b: ['x', 'q', 'x', 3] },
    problems: ['/b/1 choice', '/b/2 duplicate', '/b/3 type'],
    normal: { a: ['x', 'z'] },
  },
  {
    name: 'holds the number of choices to its bounds',
    fields: [
      { type: 'multiSelect', name: 'a', minSelected: 2, choices: [{ value: 'x' }, { value: 'y' }] },
      { type: 'multiSelect', name: 'b', maxSelected: 1, choices: [{ value: 'x' }, { value: 'y' }] },
    ],
    answers: { a: ['x'], b: ['x', 'y'] },
    problems: ['/a too_few', '/b too_many'],
  },
  {
    name: 'names every wrong value of a list that is too long as well',
    fields: ['a', 'b', 'c'].map((name) => ({
      type: 'multiSelect',
      name,
      maxSelected: 2,
      choices: ['x', 'y', 'z'].map((value) => ({ value })),
    })),
    answers: { a: ['x', 'y', 'z', 'q'], b: ['x', 'y', 'q', 'x'], c: ['q', 'q'] },
    problems: [
      '/a/3 choice',
      '/a too_many',
      '/b/2 choice',
      '/b/3 duplicate',
      '/b too_many',
      '/c/0 choice',
      '/c/1 choice',
    ],
    normal: {},
  },
  {
    name: 'counts the wrong values of a very long list, once it has named many',
    fields: [{ type: 'multiSelect', name: 'a', maxSelected: 1, choices: [{ value: 'x' }] }],
    answers: { a: Array.from({ length: 1000 }, () => 'y') },
    problems: [...Array.from({ length: 50 }, (_, i) => `/a/${i} choice`), '/a choice', '/a too_many'],
  },
  {
    name: 'counts what a filter refuses of a very long list, once it has named many',
    fields: [
      {
        type: 'multiSelect',
        name: 'a',
        filter: "choice.value == 'x'",
        choices: Array.from({ length: 60 }, (_, i) => ({ value: `${i}` })),
      },
    ],
    answers: { a: Array.from({ length: 60 }, (_, i) => `${i}`) },
    problems: [...Array.from({ length: 50 }, (_, i) => `/a/${i} choice`), '/a choice'],
  },
  ...cascadeCases(),
];

function cascadeCases(): readonly ValidationCase[] {
  const fields = [
    select('country', ['de', 'fr']),
    {
      type: 'select',
      name: 'city',
      filter: 'country in choice.countries',
      choices: [
        { value: 'Berlin', attributes: { countries: ['de'] } },
        { value: 'Paris', attributes: { countries: ['fr'] } },
        { value: 'Nowhere' },
      ],
    },
    {
      type: 'multiSelect',
      name: 'sights',
      filter: 'choice.city == city',
      choices: [
        { value: 'Tower', attributes: { city: 'Paris' } },
        { value: 'Gate', attributes: { city: 'Berlin' } },
      ],
    },
  ];
  return [
    {
      name: 'accepts what the filter lets through',
      fields,
      answers: { country: 'fr', city: 'Paris', sights: ['Tower'] },
    },
    {
      name: 'refuses what the filter does not let through',
      fields,
      answers: { country: 'de', city: 'Paris', sights: ['Gate', 'Tower'] },
      problems: ['/city choice', '/sights/0 choice'],
    },
    {
      name: 'refuses what the filter does not let through beside what is no choice, and names each once',
      fields,
      answers: { country: 'fr', city: 'Paris', sights: ['Louvre', 'Gate', 'Gate'] },
      problems: ['/sights/0 choice', '/sights/2 duplicate', '/sights/1 choice'],
    },
    {
      name: 'offers nothing while the answer that the filter reads is missing',
      fields,
      answers: { city: 'Paris' },
      problems: ['/city choice'],
    },
    {
      name: 'does not offer a choice without the attribute',
      fields,
      answers: { country: 'de', city: 'Nowhere' },
      problems: ['/city choice'],
    },
    {
      name: 'does not judge by an answer that is wrong itself',
      fields,
      answers: { country: 'es', city: 'Paris', sights: ['Gate'] },
      problems: ['/country choice', '/sights/0 choice'],
    },
  ];
}

const visibility: readonly ValidationCase[] = [
  {
    name: 'drops the answer of a hidden field, and says which',
    fields: [{ type: 'boolean', name: 'a' }, text('b', { visible: 'a', required: true, maxLength: 1 })],
    answers: { a: false, b: 'long' },
    dropped: ['b'],
    normal: { a: false },
  },
  {
    name: 'hides what an unanswered field leaves open',
    fields: [{ type: 'boolean', name: 'a' }, text('b', { visible: '!a' })],
    answers: { b: 'x' },
    dropped: ['b'],
    normal: {},
  },
  {
    name: 'gives other rules no answer of a hidden field, in whatever order the fields stand',
    fields: [
      text('c', { visible: "b == 'yes'" }),
      text('b', { visible: 'a' }),
      { type: 'boolean', name: 'a' },
      text('d', { required: 'answered(b)' }),
    ],
    answers: { a: false, b: 'yes', c: 'x' },
    dropped: ['c', 'b'],
    normal: { a: false },
  },
  {
    name: 'hides everything in a hidden group, groups inside it among it',
    fields: [
      { type: 'boolean', name: 'a' },
      group('outer', [text('b'), group('inner', [text('c', { required: true })], { visible: 'true' })], {
        visible: 'a',
      }),
    ],
    answers: { a: false, b: 'x', c: 'y' },
    dropped: ['b', 'c'],
  },
  {
    name: 'says nothing of a hidden field without an answer',
    fields: [text('a', { visible: 'false', required: true }), text('b', { visible: 'false' })],
    answers: { b: null },
  },
];

const rules: readonly ValidationCase[] = [
  {
    name: 'refuses what breaks a constraint, and names each that is broken',
    fields: [
      integer('a', {
        constraints: [
          { rule: 'a > 1', message: 'one' },
          { rule: 'a < 0', message: 'two' },
          { rule: 'a == 1', message: 'three' },
        ],
      }),
    ],
    answers: { a: 1 },
    problems: ['/a constraint', '/a constraint'],
  },
  {
    name: 'passes a constraint that an unanswered field leaves open',
    fields: [integer('a'), integer('b', constrained('a < b'))],
    answers: { b: 1 },
  },
  {
    name: 'decides by what is known, on either side of or',
    fields: [
      integer('a'),
      integer('b', constrained('a > 5 || b > 5')),
      integer('c', constrained('c > 5 || a > 5')),
      integer('d', constrained('a > 5 && d > 5')),
    ],
    answers: { b: 6, c: 6, d: 1 },
    problems: ['/d constraint'],
  },
  {
    name: 'asks whether a field is answered',
    fields: [
      text('a'),
      text('b', { constraints: [{ rule: 'answered(a) || a == null', message: 'm' }] }),
      text('c', { required: 'a == null' }),
    ],
    answers: { b: 'x' },
    problems: ['/c required'],
  },
  {
    name: 'does not judge by an answer that is not of its type',
    fields: [integer('a'), text('b', { required: 'answered(a)' }), integer('c', constrained('c > a'))],
    answers: { a: 'x', c: 1 },
    problems: ['/a type'],
  },
  {
    name: 'still judges by an answer that is out of bounds',
    fields: [integer('a', { max: 1 }), integer('b', constrained('b > a'))],
    answers: { a: 5, b: 2 },
    problems: ['/a too_large', '/b constraint'],
  },
  {
    name: 'reports a rule that fails rather than pass it over',
    fields: [
      integer('a', constrained('10 / a > 1')),
      text('b', { visible: '1 / a == 1' }),
      text('c', { required: '1 / a == 1' }),
    ],
    answers: { a: 0, b: 'x' },
    problems: ['/a rule_failed', '/b rule_failed', '/c rule_failed'],
    dropped: ['b'],
  },
  {
    name: 'stops at operands that the type checker lets through and that do not fit',
    fields: [{ type: 'date', name: 'a', ...constrained("duration('1h') + a > duration('1h')") }],
    answers: { a: '2024-03-01' },
    problems: ['/a rule_failed'],
  },
  {
    name: 'knows today and the age of people',
    fields: [
      { type: 'date', name: 'a', ...constrained('a <= today()') },
      { type: 'date', name: 'b', ...constrained('age(b) >= 18') },
      { type: 'date', name: 'c', ...constrained('age(c) >= 18') },
    ],
    answers: { a: '2024-03-02', b: '2006-03-01', c: '2006-03-02' },
    problems: ['/a constraint', '/c constraint'],
  },
  {
    name: 'looks into several choices',
    fields: [
      {
        type: 'multiSelect',
        name: 'a',
        choices: ['none', 'x', 'y'].map((value) => ({ value })),
        constraints: [
          { rule: "!('none' in a && size(a) > 1)", message: 'none excludes others' },
          { rule: "a.all(one, one != 'y')", message: 'no y' },
        ],
      },
    ],
    answers: { a: ['none', 'y'] },
    problems: ['/a constraint', '/a constraint'],
  },
];

const hostile: readonly ValidationCase[] = [
  { name: 'refuses answers that are no object', fields: [text('a')], answers: [], problems: [' type'] },
  { name: 'refuses null for answers', fields: [text('a')], answers: null, problems: [' type'] },
  {
    name: 'names fields that the form does not have',
    fields: [text('a')],
    answers: { b: 1, 'x/y~z': null },
    problems: ['/b unknown_field', '/x~1y~0z unknown_field'],
  },
  {
    name: 'is not fooled by names that every object has',
    fields: [text('a', { required: true })],
    answers: JSON.parse('{"__proto__": {"a": "x"}, "constructor": 1, "toString": null}') as unknown,
    problems: [
      '/a required',
      '/__proto__ unknown_field',
      '/constructor unknown_field',
      '/toString unknown_field',
    ],
    normal: {},
  },
  {
    name: 'lists only some of very many unknown fields',
    fields: [text('a')],
    answers: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x${i}`, i])),
    problems: [...Array.from({ length: 50 }, (_, i) => `/x${i} unknown_field`), ' unknown_field'],
  },
];

export const CASES: readonly ValidationCase[] = [
  ...blanks,
  ...types,
  ...choices,
  ...visibility,
  ...rules,
  ...hostile,
];
