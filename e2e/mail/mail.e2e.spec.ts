import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '#tools/testing/eventually';
import { MailSink } from '#tools/testing/mail-sink';
import { guestBook, startWorld, type World } from '../system/world.ts';

let sink: MailSink;
let world: World;

beforeAll(async () => {
  sink = await MailSink.start();
  const MAIL_FROM = 'Formbus <forms@example.org>';
  world = await startWorld({ SMTP_URL: sink.url, SMTP_TLS: 'off', MAIL_FROM });
});

afterAll(async () => {
  await world?.close();
  await sink?.stop();
});

describe('a receipt', () => {
  it('reaches who submitted over HTTP, in the words that were set for the form', async () => {
    const [page] = guestBook.pages;
    const email = { type: 'email', name: 'email' } as const;
    await world.client.createForm('guests', {
      ...guestBook,
      receipt: { to: 'email' },
      pages: [{ fields: [email, ...(page?.fields ?? [])] }],
    });
    await world.client.publishForm('guests', 'first');
    await world.client.call({
      method: 'PUT',
      path: '/v1/mail-templates',
      body: {
        ...{ purpose: 'receipt', form: 'guests', subject: 'Thank you' },
        text: 'Dear {{ answers | answer: "name" }}, you chose {{ answers | answer: "colour" }}.',
      },
    });
    await world.client.submit('guests', { email: 'ada@example.com', name: 'Ada', colour: 'red' });
    const text = await eventually(() => {
      const [first] = sink.textsTo('ada@example.com');
      if (first === undefined) throw new Error('nothing has arrived');
      return first;
    });
    expect(text.trim()).toBe('Dear Ada, you chose red.');
  });
});
