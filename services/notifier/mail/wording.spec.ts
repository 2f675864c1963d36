import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Problem } from '#contracts/errors';
import { MAIL_PURPOSES, type TemplateContent } from '#contracts/mail/mail.events';
import { BUILT_IN_LANGUAGES, builtIn } from './built-in.ts';
import { SAMPLES, type ReceiptVariables } from './variables.ts';
import { checkContent, word } from './wording.ts';

const [sample, unanswered] = SAMPLES.receipt('en') as readonly ReceiptVariables[] as [
  ReceiptVariables,
  ReceiptVariables,
];
const content = (part: Partial<TemplateContent>): TemplateContent => ({
  subject: 'S',
  text: 'T',
  html: null,
  ...part,
});
const text = (source: string, variables = sample): string => word(content({ text: source }), variables).text;

function errorsOf(part: Partial<TemplateContent>): readonly (readonly [string, string, string])[] {
  try {
    checkContent('receipt', content(part));
    return [];
  } catch (error) {
    const { code, errors } = error as Problem;
    expect(code).toBe('invalid_template');
    return errors.map((one) => [one.path, one.code, one.message] as const);
  }
}

describe('a mail', () => {
  it('says what its variables hold', () => {
    expect(
      text('{{ form.title }}, {{ submission.submittedAt | date: "%d.%m.%Y %H:%M" }}, {{ language }}'),
    ).toBe('Contact us, 31.01.2026 13:05, en');
  });

  it('finds an answer by the name of its field, and nothing where there is none', () => {
    expect(text('[{{ answers | answer: "name" }}][{{ answers | answer: "nope" }}]')).toBe('[Ada Lovelace][]');
  });

  it('shows answers in HTML as they were typed', () => {
    const { html } = word(content({ html: '<p>{{ answers | answer: "message" }}</p>' }), sample);
    expect(html).toBe('<p>Is &lt;b&gt;this&lt;/b&gt; &#34;escaped&#34; &amp; sound?\nIt should be.</p>');
  });

  it('never has markup of an answer in its HTML', () => {
    const { html } = builtIn('receipt', 'en');
    fc.assert(
      fc.property(fc.string(), fc.string(), (label, answer) => {
        const marked = [{ name: 'a', label: `<script>${label}`, answer: `<img src=x onerror=${answer}>` }];
        const made = word(content({ html }), { ...sample, answers: marked }).html;
        expect(made).not.toMatch(/<script|<img/);
      }),
    );
  });

  it('has a subject of one line, whatever was answered', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('\r\n', '\n', '\u2028', '\0', '\v'),
        (answer, end) => {
          const title = `${answer}${end}Bcc: all@example.com`;
          const { subject } = word(content({ subject: '{{ form.title }}' }), {
            ...sample,
            form: { ...sample.form, title },
          });
          expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
          expect(subject).toContain('Bcc: all@example.com');
        },
      ),
    );
  });

  it('has a subject that is cut where it would be a letter of its own', () => {
    const form = { ...sample.form, title: '🙂'.repeat(1000) };
    const { subject } = word(content({ subject: '{{ form.title }}' }), { ...sample, form });
    expect([...subject]).toHaveLength(250);
    expect(subject.endsWith('🙂…')).toBe(true);
  });
});

describe('the built-in texts', () => {
  it.each(
    MAIL_PURPOSES.flatMap((purpose) => BUILT_IN_LANGUAGES.map((language) => [purpose, language] as const)),
  )('of %s in %s have no errors', (purpose, language) => {
    expect(() => checkContent(purpose, builtIn(purpose, language))).not.toThrow();
  });

  it('are chosen by language, English where there is no other', () => {
    expect(builtIn('receipt', 'DE-at')).toBe(builtIn('receipt', 'de'));
    expect(builtIn('receipt', 'tlh')).toBe(builtIn('receipt', 'en'));
    expect(builtIn('receipt', 'constructor')).toBe(builtIn('receipt', 'en'));
    expect(builtIn('receipt', 'de')).not.toBe(builtIn('receipt', 'en'));
  });

  it('tell the submitter what arrived', () => {
    expect(word(builtIn('receipt', 'de'), sample)).toMatchObject({
      subject: 'Ihre Angaben sind angekommen: Contact us',
      text: `Ihre Angaben zu „Contact us“ sind am 31.01.2026 um 13:05 Uhr (UTC) bei uns angekommen.

Vorgang: 01890a5d-ac96-774b-bcce-b302099a8057

Ihre Angaben:
Your name: Ada Lovelace
Your message: Is <b>this</b> "escaped" & sound?
It should be.

Diese E-Mail wurde automatisch versandt.
`,
    });
    expect(word(builtIn('receipt', 'en'), unanswered).text).not.toContain('Your answers');
  });
});

describe('a template is refused', () => {
  it('for its syntax, every error with its place', () => {
    expect(errorsOf({ text: 'Hi\n  {{ form.title | shout }}\n{% if form %}', html: '{% nope %}' })).toEqual([
      ['/text', 'syntax', 'line 2, column 3: undefined filter: shout'],
      ['/text', 'syntax', 'line 3, column 1: tag {% if form %} not closed'],
      ['/html', 'syntax', 'line 1, column 1: tag "nope" not found'],
    ]);
  });

  it('for names that are not there, in branches that are not taken too', () => {
    const errors = errorsOf({
      subject: '{{ title }}',
      text: '{% if answers.size > 99 %}\n{{ form.titel }}{% endif %}',
    });
    expect(errors).toEqual([
      ['/subject', 'unknown_variable', 'line 1, column 4: there is no variable title'],
      ['/text', 'unknown_variable', 'line 2, column 4: there is no variable form.titel'],
    ]);
  });

  it('for names inside lists that are not there', () => {
    expect(errorsOf({ text: '{% for one in answers %}{{ one.labl }}{% endfor %}' })[0]?.[1]).toBe(
      'unknown_variable',
    );
  });

  it('for what fails when nothing was answered', () => {
    expect(errorsOf({ text: '{{ answers.first.answer }}' })).toEqual([
      ['/text', 'unknown_variable', 'line 1, column 4: undefined variable: answers.first'],
    ]);
    expect(errorsOf({ text: '{% if answers.size > 0 %}{{ answers.first.answer }}{% endif %}' })).toEqual([]);
  });

  it('for a subject that would be empty', () => {
    expect(errorsOf({ subject: '{% comment %}nothing{% endcomment %} ' })).toEqual([
      ['/subject', 'failed', 'line 1, column 1: the subject is empty'],
    ]);
  });

  it.each(['include', 'render', 'layout', 'block'])('for reading other files with %s', (tag) => {
    expect(errorsOf({ text: `{% ${tag} "/etc/passwd" %}` })[0]?.[2]).toContain(`tag "${tag}" not found`);
  });

  it.each([
    ['a range', '{% for i in (1..1000000000) %}x{% endfor %}'],
    ['loops in loops', '{% for i in (1..9999) %}{% for j in (1..9999) %}{% endfor %}{% endfor %}'],
    ['doubling', '{% assign s = "x" %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}'],
    [
      'its output',
      `{% assign s = "x" %}{% for i in (1..16) %}{% assign s = s | append: s %}{% endfor %}{% for i in (1..99) %}{{ s }}{% endfor %}`,
    ],
  ])('for taking too much: %s', (_what, source) => {
    expect(errorsOf({ text: source })).toHaveLength(1);
  });

  it('for looking at what objects inherit', () => {
    expect(errorsOf({ text: '{{ form.constructor }}' })[0]?.[1]).toBe('unknown_variable');
    expect(errorsOf({ text: '{{ answers.constructor }}' })[0]?.[1]).toBe('unknown_variable');
  });
});
