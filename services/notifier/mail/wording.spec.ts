import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Problem } from '#contracts/errors';
import { MAIL_PURPOSES, type TemplateContent } from '#contracts/mail/mail.events';
import { BUILT_IN_LANGUAGES, builtIn } from './built-in.ts';
import { Typesetter } from './typesetter.ts';
import { SAMPLES, type MailVariables, type ReceiptVariables } from './variables.ts';
import { checkContent, word as wordWith, type Wording } from './wording.ts';

const typesetter = new Typesetter();
afterAll(() => typesetter.close());

const word = (content: TemplateContent, variables: MailVariables): Promise<Wording> =>
  wordWith(typesetter, content, variables);

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
const text = async (source: string, variables = sample): Promise<string> =>
  (await word(content({ text: source }), variables)).text;

async function errorsOf(
  part: Partial<TemplateContent>,
): Promise<readonly (readonly [string, string, string])[]> {
  try {
    await checkContent(typesetter, 'receipt', content(part));
    return [];
  } catch (error) {
    const { code, errors } = error as Problem;
    expect(code).toBe('invalid_template');
    return errors.map((one) => [one.path, one.code, one.message] as const);
  }
}

describe('a mail', () => {
  it('says what its variables hold', async () => {
    expect(
      await text('{{ form.title }}, {{ submission.submittedAt | date: "%d.%m.%Y %H:%M" }}, {{ language }}'),
    ).toBe('Contact us, 31.01.2026 13:05, en');
  });

  it('finds an answer by the name of its field, and nothing where there is none', async () => {
    expect(await text('[{{ answers | answer: "name" }}][{{ answers | answer: "nope" }}]')).toBe(
      '[Ada Lovelace][]',
    );
  });

  it('shows answers in HTML as they were typed', async () => {
    const { html } = await word(content({ html: '<p>{{ answers | answer: "message" }}</p>' }), sample);
    expect(html).toBe('<p>Is &lt;b&gt;this&lt;/b&gt; &#34;escaped&#34; &amp; sound?\nIt should be.</p>');
  });

  it('never has markup of an answer in its HTML', async () => {
    const { html } = builtIn('receipt', 'en');
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (label, answer) => {
        const marked = [{ name: 'a', label: `<script>${label}`, answer: `<img src=x onerror=${answer}>` }];
        const { html: made } = await word(content({ html }), { ...sample, answers: marked });
        expect(made).not.toMatch(/<script|<img/);
      }),
    );
  });

  it('has a subject of one line, whatever was answered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('\r\n', '\n', '\u2028', '\0', '\v'),
        async (answer, end) => {
          const title = `${answer}${end}Bcc: all@example.com`;
          const { subject } = await word(content({ subject: '{{ form.title }}' }), {
            ...sample,
            form: { ...sample.form, title },
          });
          expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
          expect(subject).toContain('Bcc: all@example.com');
        },
      ),
    );
  });

  it('has a subject that is cut where it would be a letter of its own', async () => {
    const form = { ...sample.form, title: '🙂'.repeat(1000) };
    const { subject } = await word(content({ subject: '{{ form.title }}' }), { ...sample, form });
    expect([...subject]).toHaveLength(250);
    expect(subject.endsWith('🙂…')).toBe(true);
  });
});

describe('the built-in texts', () => {
  it.each(
    MAIL_PURPOSES.flatMap((purpose) => BUILT_IN_LANGUAGES.map((language) => [purpose, language] as const)),
  )('of %s in %s have no errors', async (purpose, language) => {
    await expect(checkContent(typesetter, purpose, builtIn(purpose, language))).resolves.toBeUndefined();
  });

  it('are chosen by language, English where there is no other', async () => {
    expect(builtIn('receipt', 'DE-at')).toBe(builtIn('receipt', 'de'));
    expect(builtIn('receipt', 'tlh')).toBe(builtIn('receipt', 'en'));
    expect(builtIn('receipt', 'constructor')).toBe(builtIn('receipt', 'en'));
    expect(builtIn('receipt', 'de')).not.toBe(builtIn('receipt', 'en'));
  });

  it('tell the submitter what arrived', async () => {
    expect(await word(builtIn('receipt', 'de'), sample)).toMatchObject({
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
    expect((await word(builtIn('receipt', 'en'), unanswered)).text).not.toContain('Your answers');
  });
});

describe('a template is refused', () => {
  it('for its syntax, every error with its place', async () => {
    expect(
      await errorsOf({ text: 'Hi\n  {{ form.title | shout }}\n{% if form %}', html: '{% nope %}' }),
    ).toEqual([
      ['/text', 'syntax', 'line 2, column 3: undefined filter: shout'],
      ['/text', 'syntax', 'line 3, column 1: tag {% if form %} not closed'],
      ['/html', 'syntax', 'line 1, column 1: tag "nope" not found'],
    ]);
  });

  it('for names that are not there, in branches that are not taken too', async () => {
    const errors = await errorsOf({
      subject: '{{ title }}',
      text: '{% if answers.size > 99 %}\n{{ form.titel }}{% endif %}',
    });
    expect(errors).toEqual([
      ['/subject', 'unknown_variable', 'line 1, column 4: there is no variable title'],
      ['/text', 'unknown_variable', 'line 2, column 4: there is no variable form.titel'],
    ]);
  });

  it('for names inside lists that are not there', async () => {
    expect((await errorsOf({ text: '{% for one in answers %}{{ one.labl }}{% endfor %}' }))[0]?.[1]).toBe(
      'unknown_variable',
    );
  });

  it('for what fails when nothing was answered', async () => {
    expect(await errorsOf({ text: '{{ answers.first.answer }}' })).toEqual([
      ['/text', 'unknown_variable', 'line 1, column 4: undefined variable: answers.first'],
    ]);
    expect(
      await errorsOf({ text: '{% if answers.size > 0 %}{{ answers.first.answer }}{% endif %}' }),
    ).toEqual([]);
  });

  it('for a subject that would be empty', async () => {
    expect(await errorsOf({ subject: '{% comment %}nothing{% endcomment %} ' })).toEqual([
      ['/subject', 'failed', 'line 1, column 1: the subject is empty'],
    ]);
  });

  it.each(['include', 'render', 'layout', 'block', 'liquid'])('for the tag %s', async (tag) => {
    expect((await errorsOf({ text: `{% ${tag} "/etc/passwd" %}` }))[0]?.[2]).toContain(
      `tag "${tag}" not found`,
    );
  });

  it.each([
    ['a range', '{% for i in (1..1000000000) %}x{% endfor %}'],
    ['loops in loops', '{% for i in (1..9999) %}{% for j in (1..9999) %}{% endfor %}{% endfor %}'],
    ['doubling', '{% assign s = "x" %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}'],
    [
      'its output',
      `{% assign s = "x" %}{% for i in (1..16) %}{% assign s = s | append: s %}{% endfor %}{% for i in (1..99) %}{{ s }}{% endfor %}`,
    ],
  ])('for taking too much: %s', async (_what, source) => {
    expect(await errorsOf({ text: source })).toHaveLength(1);
  });

  it.each([
    [
      'tags inside tags',
      `${'{% if true %}'.repeat(21)}x${'{% endif %}'.repeat(21)}`,
      'line 1, column 261: is inside 20 other tags',
    ],
    [
      'tags inside tags, hidden by what is not parsed',
      `${'{% if true %}'.repeat(19)}{% comment %}{% endif %}{% endcomment %}{% raw %}{% endif %}{% endraw %}{% endfoo %}{% if true %}{% if true %}`,
      'line 1, column 345: is inside 20 other tags',
    ],
    ['tags and outputs', '{{ language }}'.repeat(2001), 'line 1, column 28001: has 2001 tags and outputs'],
  ])('for too many %s, before it is parsed', async (_what, source, message) => {
    expect(await errorsOf({ text: source })).toEqual([
      ['/text', 'too_long', expect.stringContaining(message)],
    ]);
    expect(await errorsOf({ text: `${'{% if true %}'.repeat(20)}x${'{% endif %}'.repeat(20)}` })).toEqual([]);
  });

  it('for looking at what objects inherit', async () => {
    expect((await errorsOf({ text: '{{ form.constructor }}' }))[0]?.[1]).toBe('unknown_variable');
    expect((await errorsOf({ text: '{{ answers.constructor }}' }))[0]?.[1]).toBe('unknown_variable');
  });
});
