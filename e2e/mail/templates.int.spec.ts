import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import type { z } from 'zod';
import {
  getTemplate,
  listTemplates,
  previewMail,
  removeTemplate,
  sendTestMail,
  setTemplate,
  type MailTemplateSummary,
} from '#contracts/mail/mail.rpc';
import { caller, openFormsWorld, publish, refusal, type FormsWorld } from '#services/forms/testing/world';
import { MailSink } from '#tools/testing/mail-sink';
import { complaint, openMailWorld, send, type MailWorld } from './world.ts';

let forms: FormsWorld;
let sink: MailSink;
let mail: MailWorld;

beforeAll(async () => {
  forms = await openFormsWorld({ instances: 1 });
  sink = await MailSink.start();
  mail = await openMailWorld(forms, {
    ...{ SMTP_URL: sink.url, SMTP_TLS: 'off', MAIL_FROM: 'Formbus <forms@example.org>' },
  });
  await publish(forms, 'complaint', complaint);
});

afterAll(async () => {
  await mail?.stop();
  await sink?.stop();
  await forms?.stop();
});

type Set = z.infer<typeof setTemplate.request>;
const set = (more: Partial<Set> = {}) =>
  forms.rpc.call(setTemplate, {
    ...{ caller: caller(), purpose: 'receipt', form: null, language: null, expectVersion: null },
    ...{ subject: 'Thanks', text: 'T', html: null },
    ...more,
  });
const get = (template: string, workspace?: string) =>
  forms.rpc.call(getTemplate, { caller: caller(workspace), template });
const remove = (template: string, expectVersion: number | null = null) =>
  forms.rpc.call(removeTemplate, { caller: caller(), template, expectVersion });
const preview = (more: Partial<z.infer<typeof previewMail.request>> = {}) =>
  forms.rpc.call(previewMail, {
    ...{ caller: caller(), purpose: 'receipt', form: null, language: null },
    ...{ content: null, submission: null },
    ...more,
  });
const code = async (call: Promise<unknown>): Promise<string> => (await refusal(call)).code;

describe('a template', () => {
  it('is set, read, set again by who has seen it, and removed', async () => {
    const first = await set({ language: 'EN-gb' });
    expect(first).toMatchObject({
      template: { purpose: 'receipt', form: null, language: 'en-GB', subject: 'Thanks', version: 1 },
      committed: { version: 1, replayed: false },
    });
    const { id } = first.template;
    expect(await get(id)).toEqual({ template: first.template, position: first.committed.position });

    const again = await set({ language: 'en-gb' });
    expect(again).toEqual({ ...first, committed: { ...first.committed, replayed: true } });
    expect(await code(set({ language: 'en-GB', text: 'new', expectVersion: 7 }))).toBe('stale');
    const second = await set({ language: 'en-GB', text: 'new', expectVersion: 1 });
    expect(second.template).toMatchObject({ id, text: 'new', version: 2 });

    expect(await code(remove(id, 1))).toBe('stale');
    expect((await remove(id, 2)).committed).toMatchObject({ version: 3, replayed: false });
    expect((await remove(id)).committed).toMatchObject({ version: 3, replayed: true });
    expect(await code(get(id))).toBe('mail_template_not_found');
    expect((await set({ language: 'en-GB' })).template).toMatchObject({ id, version: 4 });
  });

  it('belongs to its workspace', async () => {
    const { id } = (await set({ language: 'fr' })).template;
    expect(await code(get(id, 'other'))).toBe('mail_template_not_found');
    expect(await code(remove(uuid()))).toBe('mail_template_not_found');
  });

  it('is refused with all that is wrong with it, and for a form that is not there', async () => {
    const problem = await refusal(set({ subject: '{{ nope }}', html: '{{ form.title | shout }}' }));
    expect(problem.code).toBe('invalid_template');
    expect(problem.errors).toEqual([
      { path: '/subject', code: 'unknown_variable', message: 'line 1, column 4: there is no variable nope' },
      { path: '/html', code: 'syntax', message: 'line 1, column 1: undefined filter: shout' },
    ]);
    expect(await code(set({ form: 'nobody' }))).toBe('form_not_found');
    expect(await code(set({ purpose: 'webhookDisabled', form: 'complaint' }))).toBe('bad_request');
  });

  it('is listed with all others of its workspace, by what they are for, page by page', async () => {
    const workspace = 'lists';
    const places = [
      { language: null, form: null },
      { language: 'de', form: null },
      { language: 'es', form: null },
    ];
    for (const place of places.toReversed()) await set({ caller: caller(workspace), ...place });
    const gone = await set({ caller: caller(workspace), language: 'fr' });
    await set({ caller: caller(workspace), purpose: 'webhookDisabled', text: 'W' });
    const removed = await forms.rpc.call(removeTemplate, {
      ...{ caller: caller(workspace), template: gone.template.id, expectVersion: null },
    });
    const minPosition = removed.committed.position;

    const items: MailTemplateSummary[] = [];
    let cursor: string | null = null;
    do {
      const page: z.infer<typeof listTemplates.response> = await forms.rpc.call(listTemplates, {
        ...{ caller: caller(workspace), limit: 2, cursor, minPosition },
      });
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    expect(items.map(({ purpose, language }) => [purpose, language])).toEqual([
      ...places.map(({ language }) => ['receipt', language]),
      ['webhookDisabled', null],
    ]);
    expect(items[0]).not.toHaveProperty('text');
  });
});

describe('a preview', () => {
  it('shows the words that are given, with made-up contents', async () => {
    const content = {
      subject: '{{ form.title }}',
      text: '{{ answers.size }}',
      html: '<b>{{ language }}</b>',
    };
    expect(await preview({ content, language: 'de' })).toEqual({
      ...{ subject: 'Contact us', text: '2', html: '<b>de</b>', source: 'given' },
    });
    expect(await code(preview({ content: { ...content, text: '{{ nope }}' } }))).toBe('invalid_template');
  });

  it('shows what would be sent otherwise', async () => {
    expect(await preview({ language: 'tlh' })).toMatchObject({
      source: 'builtIn',
      subject: 'We received your answers: Contact us',
    });
    await set({ form: 'complaint', text: 'own' });
    expect(await preview({ form: 'complaint', language: 'de' })).toMatchObject({
      text: 'own',
      source: 'form',
    });
  });

  it('shows what a submission would be answered, in its language and without what is sensitive', async () => {
    const answers = { email: 'ada@example.com', city: 'Köln', iban: 'DE02120300000000202051' };
    const { id } = await send(forms, 'complaint', answers, { locale: 'de' });
    const content = {
      ...{ subject: '{{ form.title }}', html: null },
      text: '{% for one in answers %}{{ one.label }}={{ one.answer }};{% endfor %}{{ submission.id }}',
    };
    expect(await preview({ form: 'complaint', submission: id, content })).toMatchObject({
      subject: 'Beschwerde',
      text: `E-Mail=ada@example.com;Ort=Köln;${id}`,
    });
    expect(await code(preview({ form: 'complaint', submission: uuid() }))).toBe('submission_not_found');
    expect(await code(preview({ submission: id }))).toBe('bad_request');
    const unaddressed = await send(forms, 'complaint', { city: 'Köln' });
    expect(await code(preview({ form: 'complaint', submission: unaddressed.id }))).toBe('bad_request');
  });
});

describe('a test', () => {
  const test = (to: string, workspace?: string) =>
    forms.rpc.call(sendTestMail, {
      ...{ caller: caller(workspace), purpose: 'receipt', form: null, language: 'de' },
      ...{ content: null, to },
    });

  it('sends a mail now, and says what the server said', async () => {
    expect(await test('author@example.com')).toMatchObject({
      source: 'builtIn',
      answer: expect.stringMatching(/^250/),
    });
    expect(sink.textsTo('author@example.com')).toEqual([expect.stringContaining('Ihre Angaben')]);
    expect(sink.mails.at(-1)?.mail.subject).toBe('[Test] Ihre Angaben sind angekommen: Contact us');
  });

  it('is one of ten an hour', async () => {
    for (let i = 0; i < 10; i++) await test('many@example.com', 'keen');
    const problem = await refusal(test('many@example.com', 'keen'));
    expect(problem.code).toBe('too_many_requests');
    expect(problem.retryAfter).toBeGreaterThan(0);
    expect(sink.textsTo('many@example.com')).toHaveLength(10);
  });

  it('says why the server did not take it', async () => {
    sink.refuse = () => [550, '5.1.1 unknown'];
    const problem = await refusal(test('author@example.com'));
    expect(problem.code).toBe('mail_refused');
    expect(problem.message).toBe(`127.0.0.1:${sink.port} (rejected): 550 5.1.1 unknown`);
    sink.refuse = () => undefined;
  });

  it('says so where there is no mail server', async () => {
    await mail.stop();
    mail = await openMailWorld(forms);
    expect(await code(test('author@example.com'))).toBe('mail_not_configured');
  });
});
