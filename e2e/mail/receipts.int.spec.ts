import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { seal } from '#contracts/custody/custody.rpc';
import { createForm, publishForm } from '#contracts/form/form.rpc';
import { mailTask } from '#contracts/mail/mail.task';
import { setTemplate } from '#contracts/mail/mail.rpc';
import { subjects } from '#contracts/subjects';
import { leaderGet } from '#eventing/direct-get';
import type { TaskContext } from '#eventing/task/context';
import { scheduleSubject } from '#eventing/task/wire';
import { openFormsWorld, caller, logger, publish, type FormsWorld } from '#services/forms/testing/world';
import { webhookDecider } from '#services/notifier/webhook/webhook.decider';
import { eventually } from '#tools/testing/eventually';
import { MailSink } from '#tools/testing/mail-sink';
import { attemptsFor, complaint, openMailWorld, send, type MailWorld } from './world.ts';

let forms: FormsWorld;
let sink: MailSink;
let mail: MailWorld;
let published = 0;

beforeAll(async () => {
  forms = await openFormsWorld({ instances: 1 });
  sink = await MailSink.start();
  mail = await openMailWorld(forms, settings());
});

afterEach(() => {
  sink.refuse = () => undefined;
});

afterAll(async () => {
  await mail?.stop();
  await sink?.stop();
  await forms?.stop();
});

const settings = () => ({ SMTP_URL: sink.url, SMTP_TLS: 'off', MAIL_FROM: 'Formbus <forms@example.org>' });

async function newForm(definition: object = complaint): Promise<string> {
  const form = `complaint-${++published}`;
  await publish(forms, form, definition);
  return form;
}

/** An address of its own for each case, so that its mail is told from all others. */
const address = (): string => `ada-${uuid()}@example.com`;

const textTo = (to: string): Promise<string> =>
  eventually(() => {
    const [text] = sink.textsTo(to);
    if (text === undefined) throw new Error(`nothing has arrived at ${to}`);
    return text;
  });

/** Resolves when everything that was submitted before has been looked at. */
async function settled(): Promise<void> {
  const to = address();
  await send(forms, await newForm(), { email: to });
  await textTo(to);
}

describe('a receipt', () => {
  it('arrives in the language of who submitted, without what is sensitive', async () => {
    const form = await newForm();
    const to = address();
    const answers = { email: to, city: 'Köln', iban: 'DE02120300000000202051' };
    const { id } = await send(forms, form, answers, { locale: 'de-AT' });
    const text = await textTo(to);
    expect(text).toContain('Ihre Angaben zu „Beschwerde“');
    expect(text).toContain(id);
    expect(text).toContain('Ort: Köln');
    const [received] = sink.mails.filter((one) => one.to.includes(to));
    expect(received?.mail).toMatchObject({
      subject: 'Ihre Angaben sind angekommen: Beschwerde',
      to: [{ address: to }],
      html: expect.stringContaining('Köln'),
    });
    expect(JSON.stringify(received)).not.toMatch(/Konto|DE02120300000000202051/);
  });

  it('is in the language of the form where that of the submitter is not known', async () => {
    const to = address();
    await send(forms, await newForm(), { email: to, city: 'Rome' });
    expect(await textTo(to)).toContain('We received your answers to "Complaint"');
  });

  it('is sent by forms that ask for one alone, to who left an address', async () => {
    const { receipt: _receipt, ...silent } = complaint;
    const to = address();
    await send(forms, await newForm(silent), { email: to });
    const { id } = await send(forms, await newForm(), { city: 'Rome' });
    await settled();
    expect(sink.textsTo(to)).toEqual([]);
    expect(await attemptsFor(mail, id)).toEqual([]);
  });

  it('is recorded with neither address nor text', async () => {
    const to = address();
    const { id } = await send(forms, await newForm(), { email: to, city: 'Xanadu' }, { locale: 'en' });
    await textTo(to);
    const [attempt] = await eventually(async () => {
      const found = await attemptsFor(mail, id);
      expect(found).toHaveLength(1);
      return found;
    });
    expect(attempt).toMatchObject({
      channel: 'mail',
      endpoint: 'receipt',
      cause: 'event',
      attempt: 1,
      state: 'delivered',
      event: { type: 'formbus.submission.submitted.v2', submission: id, source: 'log' },
      request: { url: 'mailto:…' },
      response: { status: 250 },
      error: null,
      nextAttemptAt: null,
    });
    expect(attempt?.delivery).toMatch(/\.1:receipt$/);
    expect(JSON.stringify(attempt)).not.toMatch(/ada-|example\.com|Xanadu/);
  });

  it('is not sent again when its task is done again', async () => {
    const to = address();
    const form = await newForm();
    const { id } = await send(forms, form, { email: to });
    await textTo(to);
    const [attempt] = await eventually(async () => {
      const found = await attemptsFor(mail, id);
      expect(found).toHaveLength(1);
      return found;
    });
    const [task] = mail.parts.tasks;
    const { source: _source, ...event } = attempt!.event;
    const payload = mailTask.payload.parse({
      ...{ workspace: 'acme', purpose: 'receipt', event, form, submission: id, webhook: null },
    });
    const context: Partial<TaskContext> = {
      ...{ id: attempt!.delivery, attempt: 1, last: false, correlation: uuid(), logger },
      signal: new AbortController().signal,
    };
    await task!.run(payload, context as TaskContext);
    expect(sink.textsTo(to)).toHaveLength(1);
    expect(await attemptsFor(mail, id)).toHaveLength(1);
  });
});

describe('a mail server', () => {
  it('that is slow with the mail of one workspace gets that of others meanwhile', async () => {
    const form = await newForm();
    const others = { form, expectVersion: null, idempotencyKey: null, caller: caller('others') };
    await forms.rpc.call(createForm, { ...others, definition: complaint });
    await forms.rpc.call(publishForm, { ...others, caller: caller('others'), note: '' });
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
    const [slow, swift] = [Array.from({ length: 12 }, address), address()];
    const held = new Set<string>();
    sink.refuse = (to) => (slow.includes(to) ? (held.add(to), released) : undefined);
    await Promise.all(slow.map((email) => send(forms, form, { email })));
    await eventually(() => expect(held.size).toBeGreaterThan(0));
    await send(forms, form, { email: swift }, { caller: caller('others') });
    await textTo(swift);
    expect(held.size).toBeLessThanOrEqual(2);
    release(undefined);
    await Promise.all(slow.map(textTo));
  });

  it('that is down for a while gets each mail once when it is back', async () => {
    const form = await newForm();
    await sink.stop();
    const tos = [address(), address(), address()];
    const receipts = await Promise.all(tos.map((email) => send(forms, form, { email })));
    await eventually(async () => {
      for (const { id } of receipts) {
        const [first] = await attemptsFor(mail, id);
        expect(first).toMatchObject({ state: 'retrying', error: { code: 'connect' } });
      }
    });
    const { status, checks } = await mail.readiness.report();
    expect([status, checks.mail?.detail]).toEqual([
      'degraded',
      `127.0.0.1:${sink.port} does not take mail (connect)`,
    ]);
    await sink.restart();
    await Promise.all(tos.map(textTo));
    await eventually(async () => {
      for (const { id } of receipts)
        expect((await attemptsFor(mail, id)).at(-1)).toMatchObject({ state: 'delivered', cause: 'retry' });
    });
    for (const to of tos) expect(sink.textsTo(to)).toHaveLength(1);
    expect((await mail.readiness.report()).checks.mail).toEqual({
      ok: true,
      detail: `to 127.0.0.1:${sink.port}`,
    });
  });

  it('that refuses the recipient is not asked again, and the receipt is recorded as failed', async () => {
    const to = address();
    sink.refuse = (recipient) => (recipient === to ? [550, `5.1.1 <${to}> unknown`] : undefined);
    const { id } = await send(forms, await newForm(), { email: to });
    await eventually(async () => {
      expect(await attemptsFor(mail, id)).toMatchObject([
        {
          state: 'failed',
          error: { code: 'rejected', detail: expect.stringContaining('5.1.1 <…> unknown') },
          nextAttemptAt: null,
        },
      ]);
    });
    // A task that is to be tried again or was given up would have left a schedule or a dead letter.
    const [attempt] = await attemptsFor(mail, id);
    const retry = scheduleSubject(mailTask, attempt?.delivery ?? '');
    expect(await leaderGet(mail.bus, 'TASKS_HIGH', { last_by_subj: retry })).toBeUndefined();
    expect(await leaderGet(mail.bus, 'DLQ', { last_by_subj: 'dlq.TASKS_HIGH.mail' })).toBeUndefined();
  });
});

describe('templates', () => {
  const set = (place: { form?: string; language?: string }, text: string) =>
    forms.rpc.call(setTemplate, {
      ...{ caller: caller(), purpose: 'receipt', form: null, language: null, expectVersion: null },
      ...{ ...place, subject: 'S', text, html: null },
    });

  it('of the form beat those of the workspace, and those of a language those for all', async () => {
    const [own, other] = [await newForm(), await newForm()];
    await set({}, 'workspace');
    await set({ language: 'de' }, 'workspace, de');
    await set({ form: own }, 'form');
    await set({ form: own, language: 'de' }, 'form, de: {{ answers | answer: "city" }}');
    const said = async (form: string, locale: string): Promise<string> => {
      const to = address();
      await send(forms, form, { email: to, city: 'Köln' }, { locale });
      return (await textTo(to)).trim();
    };
    expect(await said(own, 'de-AT')).toBe('form, de: Köln');
    expect(await said(own, 'en')).toBe('form');
    expect(await said(other, 'de')).toBe('workspace, de');
    expect(await said(other, 'en')).toBe('workspace');
  });
});

describe('a webhook that was given up', () => {
  it('is told to its contact, unless somebody disabled it by hand', async () => {
    const disabledFor = async (reason: 'failing' | 'operator'): Promise<string> => {
      const to = address();
      const id = uuid();
      const place = { workspace: 'acme', owner: null, purpose: `webhook.${id}.contact` };
      const { sealed: contact } = await forms.rpc.call(seal, { ...place, plaintext: to });
      const { workspace: _workspace, ...meta } = caller();
      const subject = subjects.webhook('acme', id);
      const settings = {
        ...{ url: 'https://example.com/hooks/a', description: '', form: null, types: [] },
        ...{ payload: 'thin' as const, ordered: false },
      };
      const keys = { sealed: 'x', publicKey: 'whpk_x' };
      await mail.executor.execute({
        ...{ subject, decider: webhookDecider, meta },
        command: { kind: 'create', settings: { ...settings, contact }, keys, idempotency: null },
      });
      await mail.executor.execute({
        ...{ subject, decider: webhookDecider, meta: { ...meta, commandId: uuid() } },
        command: { kind: 'disable', reason, failingSince: '2026-01-31T13:05:00.000Z' },
      });
      return to;
    };
    const byHand = await disabledFor('operator');
    const text = await textTo(await disabledFor('failing'));
    expect(text).toContain('https://example.com/hooks/a');
    expect(text).toContain('since 2026-01-31 at 13:05 UTC has failed');
    await settled();
    expect(sink.textsTo(byHand)).toEqual([]);
  });
});

describe('without a mail server', () => {
  it('nothing is asked for, and nobody gets mail late when there is one again', async () => {
    await mail.stop();
    const form = await newForm();
    mail = await openMailWorld(forms);
    expect((await mail.readiness.report()).checks.mail).toEqual({
      ok: true,
      detail: 'no mail server is configured',
    });
    const early = address();
    await send(forms, form, { email: early });
    await mail.stop();
    mail = await openMailWorld(forms, settings());
    const late = address();
    await send(forms, form, { email: late });
    await textTo(late);
    expect(sink.textsTo(early)).toEqual([]);
  });
});
