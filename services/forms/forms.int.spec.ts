import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import type { z } from 'zod';
import type { ErrorCode } from '#contracts/errors';
import {
  createForm,
  editDraft,
  getAnswersSchema,
  getForm,
  getVersion,
  listForms,
  publishForm,
  retireForm,
  retireVersion,
} from '#contracts/form/form.rpc';
import { subjects } from '#contracts/subjects';
import { getHistory, getSubmission, listSubmissions, submit } from '#contracts/submission/submission.rpc';
import { jetStream } from '#eventing/jetstream-api';
import { Readiness } from '#service/readiness';
import type { RpcClient } from '#service/rpc-client';
import { eventually } from '#tools/testing/eventually';
import { startProjectors } from './projector.role.ts';
import { caller, logger, openFormsWorld, refusal, type FormsWorld } from './testing/world.ts';

let world: FormsWorld;
let rpc: RpcClient;
let projectors: { stop(): Promise<void> };

beforeAll(async () => {
  // Two, so that every case meets an instance that did not make the change before.
  world = await openFormsWorld({ instances: 2 });
  ({ rpc } = world);
  projectors = startProjectors({ ...world, logger, readiness: new Readiness() });
});

afterAll(async () => {
  await projectors?.stop();
  await world?.stop();
});

const definition = (title = 'Order') => ({
  title,
  pages: [
    {
      fields: [
        { type: 'text', name: 'city', required: true },
        { type: 'integer', name: 'amount', min: 1 },
        { type: 'text', name: 'why', visible: 'amount > 100' },
      ],
    },
  ],
});

let forms = 0;

/** A form of its own for each case, published once. */
async function publishedForm(): Promise<string> {
  const form = `order-${++forms}`;
  await rpc.call(createForm, { caller: caller(), form, definition: definition(), idempotencyKey: null });
  await rpc.call(publishForm, {
    caller: caller(),
    form,
    note: '',
    expectVersion: null,
    idempotencyKey: null,
  });
  return form;
}

type Submit = z.infer<typeof submit.request>;
const submission = (form: string, answers: object, more: Partial<Submit> = {}): Submit => ({
  caller: caller(),
  form,
  formVersion: null,
  answers: answers as Record<string, unknown>,
  locale: null,
  idempotencyKey: null,
  ...more,
});

const code = async (call: Promise<unknown>): Promise<ErrorCode> => (await refusal(call)).code;

describe('a form', () => {
  it('is drafted, edited, published, and read back whole', async () => {
    const form = 'life';
    await rpc.call(createForm, {
      caller: caller(),
      form,
      definition: definition('One'),
      idempotencyKey: null,
    });
    const edited = await rpc.call(editDraft, {
      caller: caller(),
      form,
      definition: definition('Two'),
      expectVersion: 1,
    });
    expect(edited.form).toMatchObject({ state: 'draft', version: 2, title: 'Two', current: null });
    const published = await rpc.call(publishForm, {
      caller: caller(),
      form,
      note: 'first',
      expectVersion: 2,
      idempotencyKey: null,
    });
    expect(published.form).toMatchObject({
      state: 'published',
      current: 1,
      versions: [{ number: 1, note: 'first' }],
    });
    expect((await rpc.call(getForm, { caller: caller(), form })).form).toEqual(published.form);
    const version = await rpc.call(getVersion, { caller: caller(), form, number: 1 });
    expect(version.definition).toEqual(definition('Two'));
    const schema = await rpc.call(getAnswersSchema, { caller: caller(), form, number: 1 });
    expect(schema).toMatchObject({ type: 'object', required: ['city'] });
  });

  it('refuses a change by someone who has not seen the last one', async () => {
    const form = await publishedForm();
    const edit = { caller: caller(), form, definition: definition('Late'), expectVersion: 1 };
    expect(await code(rpc.call(editDraft, edit))).toBe('stale');
  });

  it('answers the repeat of a change that named a version by what it did, not by what it became', async () => {
    const form = 'repeated';
    await rpc.call(createForm, { caller: caller(), form, definition: definition(), idempotencyKey: null });
    const publish = { form, note: '', expectVersion: 1, idempotencyKey: 'publish-1' };
    const first = await rpc.call(publishForm, { caller: caller(), ...publish });
    const again = await rpc.call(publishForm, { caller: caller(), ...publish });
    expect(again).toEqual({ form: first.form, committed: { ...first.committed, replayed: true } });
    const other = rpc.call(publishForm, { caller: caller(), ...publish, idempotencyKey: 'publish-2' });
    expect(await code(other)).toBe('stale');
  });

  it('answers repeats as at the first time, whatever has become of the form since', async () => {
    const form = 'deployed-twice';
    const create = { form, definition: definition(), idempotencyKey: 'create' };
    const created = await rpc.call(createForm, { caller: caller(), ...create });
    const publish = { form, note: '', expectVersion: null, idempotencyKey: 'first' };
    const published = await rpc.call(publishForm, { caller: caller(), ...publish });
    const edit = { form, definition: definition('Later'), expectVersion: null };
    await rpc.call(editDraft, { caller: caller(), ...edit });
    await rpc.call(publishForm, { caller: caller(), ...publish, idempotencyKey: 'second' });

    expect(await rpc.call(publishForm, { caller: caller(), ...publish })).toEqual({
      form: published.form,
      committed: { ...published.committed, replayed: true },
    });
    expect(await rpc.call(createForm, { caller: caller(), ...create })).toEqual({
      form: created.form,
      committed: { ...created.committed, replayed: true },
    });
  });

  it('refuses a definition with everything that is wrong with it', async () => {
    const broken = {
      title: 'Broken',
      pages: [
        {
          fields: [
            { type: 'text', name: 'a', visible: 'nobody' },
            { type: 'text', name: 'a' },
          ],
        },
      ],
    };
    const problem = await refusal(
      rpc.call(createForm, { caller: caller(), form: 'broken', definition: broken, idempotencyKey: null }),
    );
    expect(problem.code).toBe('invalid_definition');
    expect(problem.errors.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/pages/0/fields/1/name', '/pages/0/fields/0/visible']),
    );
  });

  it('is created once for one idempotency key, and another body under it is refused', async () => {
    const create = { form: 'once', definition: definition(), idempotencyKey: 'k' };
    const first = await rpc.call(createForm, { caller: caller(), ...create });
    const again = await rpc.call(createForm, { caller: caller(), ...create });
    expect(again).toEqual({ ...first, committed: { ...first.committed, replayed: true } });
    const other = rpc.call(createForm, { caller: caller(), ...create, definition: definition('Other') });
    expect(await code(other)).toBe('idempotency_key_reused');
  });

  it.each([
    ['unknown form', () => rpc.call(getForm, { caller: caller(), form: 'nobody' }), 'form_not_found'],
    [
      'form of another workspace',
      () => rpc.call(getForm, { caller: caller('other'), form: 'life' }),
      'form_not_found',
    ],
    [
      'unknown version',
      () => rpc.call(getVersion, { caller: caller(), form: 'life', number: 9 }),
      'version_not_found',
    ],
  ] as const)('is not found: %s', async (_what, call, expected) => {
    expect(await code(call())).toBe(expected);
  });

  it('is known to every instance as soon as it is published', async () => {
    for (let i = 0; i < 20; i++) {
      const form = await publishedForm();
      const { receipt } = await rpc.call(submit, submission(form, { city: 'Rome' }));
      expect(receipt.formVersion).toBe(1);
      expect((await rpc.call(getForm, { caller: caller(), form })).form.current).toBe(1);
    }
  });

  it('is listed as the read model has it, the one changed last first', async () => {
    const form = await publishedForm();
    const { position } = await rpc.call(getForm, { caller: caller(), form });
    const list = await rpc.call(listForms, {
      caller: caller(),
      state: 'published',
      limit: 1,
      cursor: null,
      minPosition: position,
    });
    expect(list.items.map(({ id }) => id)).toEqual([form]);
    expect(list.next).not.toBeNull();
  });
});

describe('submitting', () => {
  it('stores what the form takes and says what was left out', async () => {
    const form = await publishedForm();
    const done = await rpc.call(submit, submission(form, { city: 'Rome', amount: 3, why: 'hidden' }));
    expect(done.receipt).toMatchObject({ form, formVersion: 1, state: 'submitted', dropped: ['why'] });
    const read = await rpc.call(getSubmission, {
      caller: caller(),
      form,
      submission: done.receipt.id,
      minPosition: done.committed.position,
    });
    expect(read.submission).toMatchObject({
      answers: { city: 'Rome', amount: 3 },
      version: 1,
      submittedBy: 'key:spec',
    });
  });

  it('refuses with every problem at once', async () => {
    const form = await publishedForm();
    const problem = await refusal(rpc.call(submit, submission(form, { amount: 0, nope: 1 })));
    expect(problem.code).toBe('invalid_answers');
    expect(problem.errors.map(({ path }) => path).sort()).toEqual(['/amount', '/city', '/nope']);
  });

  it('is done once for one key, through whichever instance, and gives the first answer again', async () => {
    const form = await publishedForm();
    const request = submission(form, { city: 'Rome' }, { idempotencyKey: 'order-1' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => rpc.call(submit, { ...request, caller: caller() })),
    );
    expect(new Set(answers.map(({ receipt }) => JSON.stringify(receipt))).size).toBe(1);
    expect(answers.filter(({ committed }) => !committed.replayed)).toHaveLength(1);
    expect(new Set(answers.map(({ committed }) => committed.position)).size).toBe(1);
    const other = rpc.call(submit, { ...request, answers: { city: 'Oslo' } });
    expect(await code(other)).toBe('idempotency_key_reused');
  });

  it('answers a repeat even after the form was retired, and takes nothing new', async () => {
    const form = await publishedForm();
    const request = submission(form, { city: 'Rome' }, { idempotencyKey: 'k' });
    const first = await rpc.call(submit, request);
    await rpc.call(retireForm, { caller: caller(), form, reason: '', expectVersion: null });
    await eventually(async () => {
      expect(await code(rpc.call(submit, submission(form, { city: 'Oslo' })))).toBe('form_retired');
    });
    for (let i = 0; i < 4; i++) {
      const again = await rpc.call(submit, { ...request, caller: caller() });
      expect(again.receipt).toEqual(first.receipt);
    }
  });

  it('refuses a retired version, and names the one that is current', async () => {
    const form = await publishedForm();
    await rpc.call(editDraft, { caller: caller(), form, definition: definition('Second'), expectVersion: 2 });
    const publish = { caller: caller(), form, note: '', expectVersion: null, idempotencyKey: null };
    await rpc.call(publishForm, publish);
    await rpc.call(retireVersion, { caller: caller(), form, number: 1, reason: '', expectVersion: null });
    await eventually(async () => {
      const problem = await refusal(rpc.call(submit, submission(form, { city: 'Rome' }, { formVersion: 1 })));
      expect([problem.code, problem.message]).toEqual([
        'version_retired',
        'version 1 is retired; version 2 is current',
      ]);
    });
    const { receipt } = await rpc.call(submit, submission(form, { city: 'Rome' }));
    expect(receipt.formVersion).toBe(2);
  });

  it.each([
    ['a form that is not there', 'nobody', {}, 'form_not_found'],
    ['a version that is not there', 'life', { formVersion: 7 }, 'version_not_found'],
  ] as const)('refuses %s', async (_what, form, more, expected) => {
    expect(await code(rpc.call(submit, submission(form, { city: 'Rome' }, more)))).toBe(expected);
  });

  it('refuses a form that was never published', async () => {
    const create = { caller: caller(), form: 'draft-only', definition: definition(), idempotencyKey: null };
    await rpc.call(createForm, create);
    expect(await code(rpc.call(submit, submission('draft-only', { city: 'Rome' })))).toBe(
      'form_not_published',
    );
  });
});

describe('a list of submissions', () => {
  const ORDERS = 25;
  let form: string;
  let last: string;

  beforeAll(async () => {
    form = await publishedForm();
    const done = await Promise.all(
      Array.from({ length: ORDERS }, (_, i) =>
        rpc.call(
          submit,
          submission(form, { city: i % 2 ? 'Rome' : 'Oslo', ...(i % 5 === 0 ? {} : { amount: i }) }),
        ),
      ),
    );
    last =
      done
        .map(({ committed }) => committed.position)
        .toSorted((a, b) => seqOf(a) - seqOf(b))
        .at(-1) ?? '';
  });

  const seqOf = (position: string): number => Number(position.split('.')[1]);
  const list = (more: Partial<z.infer<typeof listSubmissions.request>>) =>
    rpc.call(listSubmissions, {
      caller: caller(),
      form,
      where: [],
      sort: { field: 'submittedAt', descending: true },
      limit: 200,
      cursor: null,
      count: false,
      minPosition: last,
      ...more,
    });

  it.each([
    ['answers.amount', false],
    ['answers.amount', true],
    ['submittedAt', false],
    ['answers.city', true],
  ] as const)(
    'gives every submission once over all pages, sorted by %s (descending: %s)',
    async (field, descending) => {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: z.infer<typeof listSubmissions.response> = await list({
          sort: { field, descending },
          limit: 7,
          cursor,
        });
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.next;
      } while (cursor !== null);
      const whole = await list({ sort: { field, descending } });
      expect(seen).toEqual(whole.items.map(({ id }) => id));
      expect(new Set(seen).size).toBe(ORDERS);
    },
  );

  it('pages by texts that are too long for a cursor', async () => {
    const long = await publishedForm();
    for (const end of ['b', 'c', 'a']) {
      const answers = { city: `${'x'.repeat(9000)}${end}` };
      last = (await rpc.call(submit, submission(long, answers))).committed.position;
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: z.infer<typeof listSubmissions.response> = await list({
        form: long,
        sort: { field: 'answers.city', descending: true },
        limit: 1,
        cursor,
      });
      seen.push(...page.items.map(({ answers }) => (answers.city as string).slice(-1)));
      expect(page.next?.length ?? 0).toBeLessThan(200);
      cursor = page.next;
    } while (cursor !== null);
    expect(seen).toEqual(['c', 'b', 'a']);
  });

  it('holds what satisfies all conditions, and counts it', async () => {
    const page = await list({
      where: [
        { field: 'answers.city', op: 'eq', value: 'Rome' },
        { field: 'answers.amount', op: 'gte', value: '10' },
      ],
      limit: 2,
      count: true,
    });
    expect(page.items).toHaveLength(2);
    expect(page.total).toBe([...Array(ORDERS).keys()].filter((i) => i % 2 && i % 5 && i >= 10).length);
  });

  it('finds those without an answer', async () => {
    const page = await list({
      where: [{ field: 'answers.amount', op: 'exists', value: 'false' }],
      count: true,
    });
    expect(page.total).toBe(5);
  });

  it('refuses a field that the form does not have, and a position that is none', async () => {
    expect(await code(list({ where: [{ field: 'answers.nope', op: 'eq', value: '1' }] }))).toBe(
      'bad_request',
    );
    expect(await code(list({ minPosition: 'other.1' }))).toBe('bad_position');
  });
});

describe('a submission that is not there', () => {
  it('is told from a form that is not there, whether it is read or its history', async () => {
    const form = await publishedForm();
    const inForm = { caller: caller(), form, submission: uuid() };
    const nowhere = { ...inForm, form: 'nobody' };
    expect(await code(rpc.call(getSubmission, { ...inForm, minPosition: null }))).toBe(
      'submission_not_found',
    );
    expect(await code(rpc.call(getSubmission, { ...nowhere, minPosition: null }))).toBe('form_not_found');
    expect(await code(rpc.call(getHistory, inForm))).toBe('submission_not_found');
    expect(await code(rpc.call(getHistory, nowhere))).toBe('form_not_found');
  });
});

describe('the log', () => {
  it('holds no answer in clear', async () => {
    const form = await publishedForm();
    const { receipt } = await rpc.call(submit, submission(form, { city: 'Xanadu-of-the-plains' }));
    const subject = subjects.submission('acme', form, receipt.id);
    const { message } = await jetStream<{ message: { data: string } }>(world.bus, 'STREAM.MSG.GET.EVENTS', {
      last_by_subj: subject,
    });
    const stored = Buffer.from(message.data, 'base64').toString();
    expect(stored).toContain('requestMac');
    expect(stored).not.toContain('Xanadu');
  });

  it('gives the history of a submission, without what is its own business', async () => {
    const form = await publishedForm();
    const { receipt, committed } = await rpc.call(submit, submission(form, { city: 'Rome' }));
    const history = await rpc.call(getHistory, { caller: caller(), form, submission: receipt.id });
    expect(history).toMatchObject({
      position: committed.position,
      items: [{ version: 1, type: 'formbus.submission.submitted.v2', data: { answers: { city: 'Rome' } } }],
    });
    expect(history.items[0]?.data).not.toHaveProperty('requestMac');
  });
});
