import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Problem } from '#contracts/errors';
import {
  getTemplate,
  listTemplates,
  previewMail,
  removeTemplate,
  sendTestMail,
  setTemplate,
  type MailTemplate,
} from '#contracts/mail/mail.rpc';
import { openGatewayWorld, type GatewayWorld } from '../testing/world.ts';

const id = '0198a4b0-11a2-8e6f-8c1d-2b9a7f0c4d55';
const template: MailTemplate = {
  id,
  purpose: 'receipt',
  form: 'contact',
  language: 'en',
  subject: 'Thank you',
  text: 'We got it.',
  html: null,
  version: 2,
  updatedAt: '2026-03-01T09:30:00.000Z',
  updatedBy: 'key:abcdEF12',
};
const committed = { version: 2, position: 'e.12', replayed: false };
const readModel = { position: 'e.13', ageSeconds: 0, state: 'live' } as const;
const rendered = { subject: 'Thank you', text: 'We got it.', html: null, source: 'builtIn' } as const;

let world: GatewayWorld;

beforeAll(async () => {
  world = await openGatewayWorld();
});

afterAll(() => world?.stop());

const url = '/v1/mail-templates';

describe('a mail template', () => {
  it('is made or replaced where it belongs, over the version that its author has seen', async () => {
    const asked: unknown[] = [];
    world.answer(setTemplate, ({ caller: _caller, ...request }) => {
      asked.push(request);
      return request.expectVersion === 1 ? new Problem('stale') : { template, committed };
    });
    const payload = { purpose: 'receipt', form: 'contact', subject: 'Thank you', text: 'We got it.' };
    const made = await world.ask({ method: 'PUT', url, payload });
    expect([made.statusCode, made.json(), made.headers.etag]).toEqual([200, template, '"2"']);
    const stale = await world.ask({ method: 'PUT', url, headers: { 'if-match': '"1"' }, payload });
    expect(stale.json()).toMatchObject({ status: 412, code: 'stale' });
    expect(asked).toEqual([
      { ...payload, language: null, html: null, expectVersion: null },
      { ...payload, language: null, html: null, expectVersion: 1 },
    ]);
  });

  it.each([
    [{ purpose: 'advert', subject: 's', text: 't' }, '/purpose'],
    [{ purpose: 'receipt', subject: '', text: 't' }, '/subject'],
    [{ purpose: 'receipt', subject: 's' }, '/text'],
    [{ purpose: 'receipt', subject: 's', text: 't', language: 'not a language' }, '/language'],
  ])('is refused before anybody is asked: %j', async (payload, path) => {
    const response = await world.ask({ method: 'PUT', url, payload });
    expect(response.json()).toMatchObject({ code: 'bad_request', errors: [{ path }] });
  });

  it('says what is wrong with its words, as the service does', async () => {
    const errors = [{ path: '/text', code: 'syntax', message: 'line 1, column 3: no such tag' }];
    world.answer(setTemplate, () => new Problem('invalid_template', 'It has 1 error.', { errors }));
    const payload = { purpose: 'receipt', subject: 's', text: '{% x %}' };
    expect((await world.ask({ method: 'PUT', url, payload })).json()).toMatchObject({ status: 422, errors });
  });

  it('is read and removed', async () => {
    world.answer(getTemplate, () => ({ template, position: 'e.14' }));
    world.answer(removeTemplate, ({ expectVersion }) =>
      expectVersion === 2 ? { committed } : new Problem('stale'),
    );
    const read = await world.ask({ url: `${url}/${id}` });
    expect([read.json(), read.headers.etag]).toEqual([template, '"2"']);
    const removed = await world.ask({
      method: 'DELETE',
      url: `${url}/${id}`,
      headers: { 'if-match': '"2"' },
    });
    expect([removed.statusCode, removed.json()]).toEqual([200, { id, removed: true }]);
  });

  it('is listed, after a position if that is asked for', async () => {
    const { text: _text, html: _html, ...summary } = template;
    world.answer(listTemplates, ({ limit, cursor, minPosition }) =>
      limit === 5 && cursor === null && minPosition === 'e.12'
        ? { items: [summary], next: null, readModel }
        : new Problem('internal'),
    );
    const response = await world.ask({
      url: `${url}?limit=5`,
      headers: { 'formbus-min-position': 'e.12' },
    });
    expect(response.json()).toMatchObject({ items: [summary], next: null });
    expect(response.headers['formbus-position']).toBe('e.13');
  });
});

describe('a preview', () => {
  const preview = (payload: object, key = world.owner) =>
    world.ask({ method: 'POST', url: `${url}/preview`, payload, key });
  const submission = '0198a4c2-7d0e-7c53-9a41-5d2f6f3b8a10';

  it('is of what would be sent, or of words to try', async () => {
    let asked: unknown;
    world.answer(previewMail, ({ caller: _caller, ...request }) => {
      asked = request;
      return rendered;
    });
    expect((await preview({ purpose: 'receipt' })).json()).toEqual(rendered);
    expect(asked).toEqual({
      purpose: 'receipt',
      form: null,
      language: null,
      content: null,
      submission: null,
    });
    await preview({ purpose: 'receipt', content: { subject: 's', text: 't' } });
    expect(asked).toMatchObject({ content: { subject: 's', text: 't', html: null } });
  });

  it('shows no answers to keys that may not read them', async () => {
    world.answer(previewMail, () => rendered);
    const payload = { purpose: 'receipt', form: 'contact', submission };
    const author = await world.keyWith(['mail:read']);
    const refused = await preview(payload, author);
    expect(refused.json()).toMatchObject({
      status: 403,
      detail: expect.stringContaining('submissions:read'),
    });
    expect((await preview({ purpose: 'receipt' }, author)).statusCode).toBe(200);
    const reader = await world.keyWith(['mail:read', 'submissions:read']);
    expect((await preview(payload, reader)).statusCode).toBe(200);
  });
});

describe('a test mail', () => {
  it('is sent to one address, with what the mail server says of it', async () => {
    const answer = { messageId: '<1@formbus>', answer: '250 OK', source: 'builtIn' } as const;
    world.answer(sendTestMail, ({ to }) =>
      to === 'ada@example.org' ? answer : new Problem('mail_refused', '550 no such user'),
    );
    const send = (to: string) =>
      world.ask({ method: 'POST', url: `${url}/test`, payload: { purpose: 'receipt', to } });
    const sent = await send('ada@example.org');
    expect([sent.statusCode, sent.json()]).toEqual([200, answer]);
    expect((await send('bob@example.org')).json()).toMatchObject({ status: 502, code: 'mail_refused' });
    expect((await send('nobody')).json()).toMatchObject({ errors: [{ path: '/to' }] });
  });

  it('says when there were too many, and how long to wait', async () => {
    world.answer(sendTestMail, () => new Problem('too_many_requests', 'ten an hour', { retryAfter: 90 }));
    const payload = { purpose: 'receipt', to: 'ada@example.org' };
    const refused = await world.ask({ method: 'POST', url: `${url}/test`, payload });
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '90']);
  });
});
