import { describe, expect, it } from '@jest/globals';
import { compileForm } from './compile.ts';
import type { CompiledForm } from './form.ts';
import { CASES, NOW } from './validate.cases.ts';
import { validateAnswers } from './validate.ts';

const options = { now: new Date(NOW) };

function formOf(fields: readonly unknown[], more: object = {}): CompiledForm {
  const compilation = compileForm({ title: 'Test', ...more, pages: [{ fields }] });
  if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors, null, 1));
  return compilation.form;
}

describe('validation', () => {
  it.each(CASES.map((one) => [one.name, one] as const))('%s', (_name, { fields, answers, ...expected }) => {
    const form = formOf(fields);
    const result = validateAnswers(form, answers, options);
    expect(result.problems.map(({ path, code }) => `${path} ${code}`)).toEqual(expected.problems ?? []);
    expect(result.dropped).toEqual(expected.dropped ?? []);
    if (expected.normal) expect(result.answers).toEqual(expected.normal);
  });

  it('gives the answers in the order of the form', () => {
    const form = formOf(['b', 'a', 'c'].map((name) => ({ type: 'text', name })));
    const { answers } = validateAnswers(form, { c: '3', a: '1', b: '2' }, options);
    expect(Object.keys(answers)).toEqual(['b', 'a', 'c']);
  });

  it('gives the rule that was broken, whatever kind it is of', () => {
    const form = formOf([
      { type: 'select', name: 'a', choices: [{ value: 'x' }], filter: "choice.value == 'y'" },
      { type: 'text', name: 'b', required: "a == 'x'", constraints: [{ rule: "a != 'x'", message: 'm' }] },
    ]);
    expect(validateAnswers(form, { a: 'x' }, options).problems.map(({ rule }) => rule)).toEqual([
      "choice.value == 'y'",
      "a == 'x'",
      "a != 'x'",
    ]);
  });

  it('hides pages, and reports a page whose rule fails', () => {
    const compilation = compileForm({
      title: 'Pages',
      pages: [
        { fields: [{ type: 'integer', name: 'n' }] },
        { visible: 'n > 1', fields: [{ type: 'text', name: 'a', required: true }] },
        { visible: '1 / n > 0', fields: [{ type: 'text', name: 'b' }] },
      ],
    });
    if (!compilation.ok) throw new Error('does not compile');
    const validate = (answers: object) => validateAnswers(compilation.form, answers, options);
    expect(validate({ n: 1 }).problems).toEqual([]);
    expect(validate({ n: 2 }).problems).toMatchObject([{ path: '/a', code: 'required' }]);
    expect(validate({ n: 0, b: 'x' })).toMatchObject({
      dropped: ['b'],
      problems: [{ path: '', code: 'rule_failed', rule: '1 / n > 0' }],
    });
  });

  describe('in the language of the caller', () => {
    const constraint = { rule: 'a > 1', message: { en: 'too few', 'pt-BR': 'pouco', fr: 'trop peu' } };
    const form = formOf([{ type: 'integer', name: 'a', min: 1, constraints: [constraint] }], {
      language: 'fr',
    });
    const messages = (locale?: string) =>
      validateAnswers(
        form,
        { a: 0 },
        { ...options, ...(locale === undefined ? {} : { locale }) },
      ).problems.map(({ message }) => message);

    it('words its own messages', () => {
      expect(messages('de-AT')[0]).toBe('Muss mindestens 1 sein.');
      expect(messages('en-GB')[0]).toBe('Must be at least 1.');
      expect(messages('xx')[0]).toBe('Must be at least 1.');
    });

    it.each([
      ['en', 'Choose one of the offered values.', 'Choose from the offered values, in a list such as ["x"].'],
      [
        'de',
        'Wählen Sie einen der angebotenen Werte.',
        'Wählen Sie unter den angebotenen Werten, in einer Liste wie ["x"].',
      ],
    ])('says of what is no choice that one is to be chosen: %s', (locale, one, several) => {
      const choosing = formOf([
        { type: 'select', name: 'a', choices: [{ value: 'x' }] },
        { type: 'multiSelect', name: 'b', choices: [{ value: 'x' }] },
        { type: 'multiSelect', name: 'c', choices: [{ value: 'x' }] },
      ]);
      const { problems } = validateAnswers(choosing, { a: ['x'], b: 'x', c: [1] }, { ...options, locale });
      expect(problems.map(({ path, message }) => [path, message])).toEqual([
        ['/a', one],
        ['/b', several],
        ['/c/0', one],
      ]);
    });

    it.each([
      ['en', 'The text must be one line.', 'The text holds a control character, which cannot be seen.'],
      [
        'de',
        'Der Text darf nur eine Zeile haben.',
        'Der Text enthält ein Steuerzeichen, das man nicht sieht.',
      ],
    ])('says what a text may not hold: %s', (locale, line, control) => {
      const { problems } = validateAnswers(
        formOf([{ type: 'text', name: 'a' }]),
        { a: 'a\nb\u0000' },
        { ...options, locale },
      );
      expect(problems.map(({ message }) => message)).toEqual([line, control]);
    });

    it("takes the author's message for the locale, its language, or the form's", () => {
      expect(messages('pt-br')[1]).toBe('pouco');
      expect(messages('en-GB-oxendict')[1]).toBe('too few');
      expect(messages('de')[1]).toBe('trop peu');
      expect(messages()[1]).toBe('trop peu');
    });

    it('lets rules read it', () => {
      const localized = formOf([{ type: 'text', name: 'a', required: "form.locale.startsWith('de')" }]);
      expect(validateAnswers(localized, {}, { ...options, locale: 'de-CH' }).problems).toHaveLength(1);
      expect(validateAnswers(localized, {}, options).problems).toHaveLength(0);
    });
  });

  it('depends on no time but the one it is given', () => {
    const form = formOf([
      { type: 'dateTime', name: 'a', constraints: [{ rule: 'a <= form.now', message: 'm' }] },
    ]);
    const at = (now: string) =>
      validateAnswers(form, { a: '2024-01-01T00:00:00Z' }, { now: new Date(now) }).problems.length;
    expect([at('2023-12-31T23:59:59Z'), at('2024-01-01T00:00:00Z')]).toEqual([1, 0]);
  });
});
