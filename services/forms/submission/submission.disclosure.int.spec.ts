import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { newEvent } from '#contracts/event';
import { submissionSubmittedV1 } from '#contracts/submission/submission.events';
import { subjects } from '#contracts/subjects';
import { discloseEvent, submit, writeReceipt } from '#contracts/submission/submission.rpc';
import { jetStream } from '#eventing/jetstream-api';
import { openLog } from '#eventing/open';
import { formatPosition } from '#eventing/position';
import { caller, openFormsWorld, publish, refusal, type FormsWorld } from '../testing/world.ts';

const workspace = 'acme';
const form = 'booking';
let world: FormsWorld;

const fields = [
  { type: 'email', name: 'email', label: { en: 'Your address', de: 'Ihre Adresse' } },
  {
    type: 'select',
    name: 'room',
    label: { en: 'Room', de: 'Zimmer' },
    choices: [{ value: 's', label: { en: 'Single room', de: 'Einzelzimmer' } }],
  },
  { type: 'text', name: 'passport', sensitive: true },
  { type: 'text', name: 'why', visible: '!answered(room)' },
];
const definition = (more: object = {}) => ({
  title: { en: 'Booking', de: 'Buchung' },
  receipt: { to: 'email' },
  pages: [{ fields }],
  ...more,
});
const answers = { email: 'ada@example.org', room: 's', passport: 'C01X00T47', why: 'x' };

beforeAll(async () => {
  // Two, so that every case meets an instance that neither published nor took the submission.
  world = await openFormsWorld({ instances: 2 });
  await publish(world, form, definition());
});

afterAll(() => world?.stop());

async function submitted(
  given: Record<string, unknown> = answers,
  locale: string | null = 'de-AT',
  to = form,
): Promise<{ id: string; position: string }> {
  const { receipt, committed } = await world.rpc.call(submit, {
    caller: caller(workspace),
    form: to,
    formVersion: null,
    answers: given,
    locale,
    idempotencyKey: null,
  });
  return { id: receipt.id, position: committed.position };
}

/** As the service did before it kept the submitter's language. */
async function submittedInVersion1(): Promise<string> {
  const { masterKey, bus } = world;
  const before = { events: [submissionSubmittedV1], upcasters: [], source: '/formbus/forms', masterKey };
  const { executor } = await openLog(bus, before);
  const { workspace: _workspace, ...meta } = caller();
  const id = uuid();
  const data = { form, formVersion: 1, answers: { email: 'ada@example.org' }, dropped: [], requestMac: 'm' };
  const { last } = await executor.execute({
    subject: subjects.submission(workspace, form, id),
    decider: {
      initial: undefined,
      decide: () => [newEvent(submissionSubmittedV1, data)],
      evolve: () => undefined,
    },
    command: {},
    meta,
    fresh: true,
    sealedBy: { workspace, owner: id },
  });
  await executor.drain();
  return last;
}

const disclose = (position: string, of = workspace) =>
  world.rpc.call(discloseEvent, { workspace: of, position });
const letter = async (position: string) =>
  (await world.rpc.call(writeReceipt, { workspace, position })).letter;

describe('what is told of a submission', () => {
  it('is the event with the answers, but for those that are sensitive', async () => {
    const { id, position } = await submitted();
    for (let i = 0; i < 4; i++) {
      expect(await disclose(position)).toEqual({
        type: 'formbus.submission.submitted.v2',
        time: expect.any(String),
        version: 1,
        actor: 'key:spec',
        form,
        formVersion: 1,
        submission: id,
        answers: { email: 'ada@example.org', room: 's' },
        dropped: ['why'],
        locale: 'de-AT',
        erased: false,
      });
    }
  });

  it('goes by the version that was answered, as soon as it is published', async () => {
    const own = 'versions';
    const pages = (sensitive: boolean) => [{ fields: [{ type: 'text', name: 'a', sensitive }] }];
    for (let number = 1; number <= 6; number++) {
      const sensitive = number % 2 === 0;
      await publish(world, own, { title: `T${number}`, pages: pages(sensitive) });
      const { position } = await submitted({ a: 'x' }, null, own);
      const told = await disclose(position);
      expect([told.formVersion, told.answers]).toEqual([number, sensitive ? {} : { a: 'x' }]);
    }
  });

  it('is of a submission of the workspace alone', async () => {
    const { id, position } = await submitted();
    const [epoch] = position.split('.');
    const ofForm = await world.log.tail(subjects.form(workspace, form));
    const ofKey = await world.log.tail(subjects.dataKey(workspace, id));
    for (const call of [
      disclose(position, 'other'),
      disclose(position, 'acm'),
      ...[ofForm, ofKey, 0, 999_999].map((seq) => disclose(formatPosition(epoch ?? '', seq))),
    ])
      expect((await refusal(call)).code).toBe('submission_not_found');
    expect((await refusal(disclose('gone.1'))).code).toBe('bad_position');
  });

  it('is nothing of an erased one but that it was', async () => {
    const { id, position } = await submitted();
    const seq = await world.log.tail(subjects.dataKey(workspace, id));
    await jetStream(world.bus, 'STREAM.MSG.DELETE.EVENTS', { seq });
    await world.restart();
    expect(await disclose(position)).toMatchObject({
      submission: id,
      formVersion: 1,
      answers: {},
      locale: null,
      erased: true,
    });
    expect(await letter(position)).toBeNull();
  });

  it('includes what was submitted before languages were kept', async () => {
    const position = await submittedInVersion1();
    expect(await disclose(position)).toMatchObject({
      type: 'formbus.submission.submitted.v2',
      answers: { email: 'ada@example.org' },
      locale: null,
      erased: false,
    });
    expect(await letter(position)).toMatchObject({ to: 'ada@example.org', language: 'en', title: 'Booking' });
  });
});

describe('a receipt', () => {
  it("is written in the submitter's language, without what is sensitive", async () => {
    const { id, position } = await submitted();
    expect(await letter(position)).toEqual({
      to: 'ada@example.org',
      language: 'de-AT',
      form,
      formVersion: 1,
      submission: id,
      submittedAt: expect.any(String),
      title: 'Buchung',
      answers: [
        { name: 'email', label: 'Ihre Adresse', answer: 'ada@example.org' },
        { name: 'room', label: 'Zimmer', answer: 'Einzelzimmer' },
      ],
    });
  });

  it("is written in the form's language to who named none", async () => {
    const { position } = await submitted(answers, null);
    expect(await letter(position)).toMatchObject({ language: 'en', title: 'Booking' });
  });

  it('is sent to an address that is sensitive itself, and does not repeat it', async () => {
    const email = { type: 'email', name: 'email', sensitive: true };
    await publish(world, 'shy', definition({ pages: [{ fields: [email] }] }));
    const { position } = await submitted({ email: 'ada@example.org' }, null, 'shy');
    expect(await letter(position)).toMatchObject({ to: 'ada@example.org', answers: [] });
    expect((await disclose(position)).answers).toEqual({});
  });

  it('is not sent without an address, nor of a form that names none', async () => {
    const { position } = await submitted({ room: 's' });
    expect(await letter(position)).toBeNull();
    await publish(world, 'silent', { title: 'T', pages: [{ fields: [{ type: 'email', name: 'email' }] }] });
    const other = await submitted({ email: 'ada@example.org' }, null, 'silent');
    expect(await letter(other.position)).toBeNull();
  });

  it('is of a submission of the workspace alone', async () => {
    const { position } = await submitted();
    const call = world.rpc.call(writeReceipt, { workspace: 'other', position });
    expect((await refusal(call)).code).toBe('submission_not_found');
  });
});
