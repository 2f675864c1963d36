import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FormDefinition } from '#contracts/form/definition';
import { compileForm } from './compile.ts';
import { openFields, writeLetter } from './letter.ts';
import { NOW } from './validate.cases.ts';
import { validateAnswers } from './validate.ts';

function formOf(fields: readonly object[], more: object = {}): FormDefinition {
  const compilation = compileForm({ title: 'Booking', pages: [{ fields }], ...more });
  if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors));
  return compilation.form.definition;
}
const sizes = [
  { value: 's', label: { en: 'Small', de: 'Klein' } },
  { value: 'l', label: 'Large' },
  { value: 'xl' },
];
/** Which kind of blank stands in a text is the business of the Unicode tables that Node was built with. */
const plain = (text: string | undefined): string | undefined => text?.replaceAll(/\s/g, ' ');

describe('a letter', () => {
  it.each<[field: object, answer: unknown, english: string, german: string]>([
    [{ type: 'text' }, 'Ada', 'Ada', 'Ada'],
    [{ type: 'longText' }, 'a\nb', 'a b', 'a b'],
    [{ type: 'email' }, 'ada@example.org', 'ada@example.org', 'ada@example.org'],
    [{ type: 'integer' }, 2024, '2024', '2024'],
    [{ type: 'integer' }, -9007199254740991, '-9007199254740991', '-9007199254740991'],
    [{ type: 'decimal' }, 1234.0625, '1234.0625', '1234,0625'],
    [
      { type: 'decimal', scale: 2 },
      '123456789012345678.50',
      '123456789012345678.50',
      '123456789012345678,50',
    ],
    [{ type: 'decimal', scale: 0 }, '3', '3', '3'],
    [{ type: 'boolean' }, true, 'Yes', 'Ja'],
    [{ type: 'boolean' }, false, 'No', 'Nein'],
    [{ type: 'date' }, '2024-02-29', 'February 29, 2024', '29. Februar 2024'],
    [
      { type: 'dateTime' },
      '2024-03-01T01:30:00+02:00',
      'February 29, 2024 at 11:30 PM UTC',
      '29. Februar 2024 um 23:30 UTC',
    ],
    [{ type: 'select', choices: sizes }, 's', 'Small', 'Klein'],
    [{ type: 'select', choices: sizes }, 'xl', 'xl', 'xl'],
    [{ type: 'multiSelect', choices: sizes }, ['l', 's'], 'Small, Large', 'Klein, Large'],
  ])('shows %j as people read it: %j', (field, answer, english, german) => {
    const compilation = compileForm({ title: 'T', pages: [{ fields: [{ name: 'a', ...field }] }] });
    if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors));
    const { answers, problems } = validateAnswers(compilation.form, { a: answer }, { now: new Date(NOW) });
    expect(problems).toEqual([]);
    const shown = ['en-US', 'de-AT'].map((locale) =>
      plain(writeLetter(compilation.form.definition, answers, locale).answers[0]?.answer),
    );
    expect(shown).toEqual([english, german]);
  });

  it('has what was answered under its label, in the order of the form, without what is sensitive', () => {
    const definition = formOf([
      { type: 'text', name: 'plate', label: { en: 'Plate', de: 'Kennzeichen' } },
      { type: 'group', name: 'g', fields: [{ type: 'text', name: 'pin', sensitive: true }] },
      { type: 'text', name: 'note', sensitive: false },
      { type: 'text', name: 'unanswered' },
    ]);
    const answers = { note: 'late', pin: '1234', plate: 'B 1' };
    expect(writeLetter(definition, answers, 'de')).toEqual({
      language: 'de',
      title: 'Booking',
      answers: [
        { name: 'plate', label: 'Kennzeichen', answer: 'B 1' },
        { name: 'note', label: 'note', answer: 'late' },
      ],
    });
    expect(openFields(definition).map(({ name }) => name)).toEqual(['plate', 'note', 'unanswered']);
  });

  it.each([
    ["the reader's language", 'de-at', 'fr', 'de-AT', 'Buchung'],
    ["the form's where the reader's is not known", null, 'fr', 'fr', 'Réservation'],
    ["the form's where the reader's is no language", 'de-', 'fr', 'fr', 'Réservation'],
    ['English where neither says more', null, undefined, 'en', 'Booking'],
    ["the reader's, with the texts of the form's, where the form lacks it", 'sv', 'fr', 'sv', 'Réservation'],
  ])('is written in %s', (_what, locale, language, expected, title) => {
    const titles = { en: 'Booking', de: 'Buchung', fr: 'Réservation' };
    const definition = formOf([{ type: 'text', name: 'a' }], {
      title: titles,
      ...(language === undefined ? {} : { language }),
    });
    expect(writeLetter(definition, {}, locale)).toMatchObject({ language: expected, title });
  });

  it('is written whatever language is asked for, and never as the machine speaks', () => {
    const definition = formOf([
      { type: 'decimal', name: 'a' },
      { type: 'date', name: 'b' },
    ]);
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,3}$/), (locale) => {
        const { answers } = writeLetter(definition, { a: 1.5, b: '2024-02-29' }, locale);
        expect(answers).toHaveLength(2);
      }),
    );
    const unknown = writeLetter(definition, { a: 1.5, b: '2024-02-29' }, 'qaa');
    expect(unknown.answers.map(({ answer }) => answer)).toEqual(['1.5', 'February 29, 2024']);
  });
});
