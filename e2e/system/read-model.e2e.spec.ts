import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FormDefinition } from '#contracts/form/definition';
import type { Field } from '#contracts/form/definition-fields';
import { subjects } from '#contracts/subjects';
import type { Bus } from '#eventing/bus';
import { eventually } from '#tools/testing/eventually';
import { connectTo, internalUrl, publishGuestBook, startWorld, type World } from './world.ts';

const FORM = 'guest-book';
const SUBMISSIONS = `/v1/forms/${FORM}/submissions`;
let world: World;
let bus: Bus;

beforeAll(async () => {
  world = await startWorld();
  bus = await connectTo(world);
  await publishGuestBook(world.client, FORM);
});

afterAll(async () => {
  await bus?.close();
  await world?.close();
});

interface Readiness {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly degraded?: boolean; readonly detail?: string }>>;
}

const readiness = async (): Promise<Readiness> =>
  (await (await fetch(internalUrl(world, 'forms', '/readyz'))).json()) as Readiness;
const metrics = async (): Promise<string> => (await fetch(internalUrl(world, 'forms', '/metrics'))).text();

/** Puts something on the log that is no event; gives its sequence. */
async function appendGarbage(): Promise<number> {
  const subject = subjects.submission('default', FORM, randomUUID());
  const reply = await bus.request(subject, Buffer.from('garbage'), { timeoutMs: 5_000 });
  return reply.json<{ seq: number }>().seq;
}

/** What an operator does who has found that the message is none of Formbus. */
async function removeFromLog(seq: number): Promise<void> {
  const asked = Buffer.from(JSON.stringify({ seq, no_erase: true }));
  const reply = await bus.request('$JS.API.STREAM.MSG.DELETE.EVENTS', asked, { timeoutMs: 5_000 });
  expect(reply.json()).toMatchObject({ success: true });
}

describe('a list of submissions', () => {
  const TRIPS = 'trips';
  const ids = new Map<string, string>();
  let position = '';
  let start = '';

  /** A field of each type that has something to it, and one whose type changes. */
  const trips = (changing: Field): FormDefinition => ({
    title: 'Trips',
    pages: [
      {
        fields: [
          { type: 'dateTime', name: 'depart' },
          { type: 'date', name: 'born' },
          { type: 'decimal', name: 'price', scale: 2 },
          { type: 'select', name: 'city', choices: [{ value: 'Oslo' }, { value: 'Rome' }] },
          { type: 'multiSelect', name: 'extras', choices: [{ value: 'bike' }, { value: 'meal' }] },
          changing,
        ],
      },
    ],
  });

  async function submit(name: string, answers: Record<string, unknown>): Promise<void> {
    const done = await world.client.submit(TRIPS, answers);
    ids.set(done.body.id, name);
    position = done.position;
    if (start === '') start = done.body.submittedAt;
  }

  beforeAll(async () => {
    const { client } = world;
    await client.createForm(TRIPS, trips({ type: 'text', name: 'seat' }));
    await client.publishForm(TRIPS, 'first');
    await submit('early', {
      depart: '2027-06-01T00:30:00+02:00',
      born: '1984-02-29',
      price: '9.00',
      city: 'Oslo',
      extras: ['bike', 'meal'],
      seat: '12',
    });
    const { headers } = await client.getForm(TRIPS);
    await client.editDraft(TRIPS, trips({ type: 'integer', name: 'seat' }), headers.etag ?? '');
    await client.publishForm(TRIPS, 'second');
    await submit('late', { depart: '2027-06-01T12:00:00Z', price: '10.00', seat: 12 });
    await submit('refund', { born: '1985-01-01', price: '-9.00', city: 'Rome', seat: 7 });
  });

  /** The offset of another place, in which the same instant is written otherwise. */
  const elsewhere = (instant: string): string =>
    new Date(Date.parse(instant) + 3_600_000).toISOString().replace('Z', '+01:00');

  it.each([
    ['answers.depart:eq:2027-06-01T00:30:00+02:00', ['early']],
    ['answers.depart:eq:2027-05-31T22:30:00Z', ['early']],
    ['answers.depart:ne:2027-05-31T22:30:00Z', ['late', 'refund']],
    ['answers.depart:gt:2027-05-31T23:00:00+01:00', ['early', 'late']],
    ['answers.depart:in:["2027-06-01T14:00:00+02:00"]', ['late']],
    ['answers.born:lt:1985-01-01', ['early']],
    ['answers.price:eq:9', ['early']],
    ['answers.price:lt:10', ['early', 'refund']],
    ['answers.price:gte:9.0', ['early', 'late']],
    ['answers.price:in:["10","-9"]', ['late', 'refund']],
    ['answers.city:ne:Oslo', ['late', 'refund']],
    ['answers.extras:eq:meal', ['early']],
    ['answers.seat:eq:12', ['early', 'late']],
    ['answers.seat:lte:7', ['early', 'refund']], // as text, "12" comes before "7"
    ['answers.seat:eq:window', []],
  ])('holds what %s finds', async (condition, expected) => {
    const { body } = await world.client.listSubmissions(TRIPS, {
      filter: [condition],
      minPosition: position,
    });
    expect(body.items.map(({ id }) => ids.get(id)).sort()).toEqual(expected);
  });

  it('knows the time of submission in every offset, even where an address lost its plus', async () => {
    const path = `/v1/forms/${TRIPS}/submissions?filter=submittedAt:gte:${elsewhere(start)}`;
    for (const one of [path, path.replace('+', '%2B')]) {
      const { body } = await world.client.exchange({ method: 'GET', path: one, minPosition: position });
      expect((body as { items: unknown[] }).items).toHaveLength(3);
    }
    const { body } = await world.client.listSubmissions(TRIPS, {
      filter: [`submittedAt:lt:${elsewhere(start)}`],
    });
    expect(body.items).toEqual([]);
  });

  it('is refused with everything that is none of its fields, values, operators and orders', async () => {
    const conditions = [
      'submittedAt:gte:yesterday',
      'answers.born:eq:garbage',
      'answers.born:lt:1985',
      'answers.city:eq:nowhere',
      'answers.price:eq:abc',
      'answers.extras:gt:bike',
      'answers.hotel:eq:Ritz',
    ];
    const query = new URLSearchParams([
      ...conditions.map((condition): [string, string] => ['filter', condition]),
      ['sort', 'answers.price'],
    ]);
    const answered = await world.client.exchange({
      method: 'GET',
      path: `/v1/forms/${TRIPS}/submissions?${query.toString()}`,
    });
    expect(answered.status).toBe(400);
    const { errors } = answered.body as { errors: { path: string; message: string }[] };
    expect(errors.map(({ path }) => path)).toEqual([...conditions.map((_, i) => `/filter/${i}`), '/sort']);
    for (const [i, says] of ['2024-02-29T12:00:00Z', '2024-02-29', '2024-02-29', 'answers.city'].entries())
      expect(errors[i]?.message).toContain(says);
  });

  it('has members that are read by their id in either case', async () => {
    const [id = ''] = ids.keys();
    const { body } = await world.client.getSubmission(TRIPS, id.toUpperCase(), position);
    expect(body.id).toBe(id);
    expect((await world.client.getHistory(TRIPS, id.toUpperCase())).body.items).toHaveLength(1);
    await expect(world.client.getSubmission('nope', id)).rejects.toMatchObject({ code: 'form_not_found' });
  });
});

describe('a projection that meets an event that it cannot handle', () => {
  it('halts and says so, reads go on with their age, and it continues after the fix with nothing lost or repeated', async () => {
    const { client } = world;
    const before = await client.submit(FORM, { name: 'Before' });
    await client.getSubmission(FORM, before.body.id, before.position);
    const seq = await appendGarbage();
    const behind = await Promise.all(
      Array.from({ length: 20 }, (_, n) => client.submit(FORM, { name: `Behind ${n}` })),
    );

    // Readiness and metrics.
    await eventually(async () => {
      const { status, checks } = await readiness();
      expect(status).toBe('degraded');
      expect(checks['projection submissions']).toMatchObject({ degraded: true });
      expect(checks['projection submissions']?.detail).toContain('halted');
    });
    expect(await metrics()).toMatch(/^formbus_projection_halted\{.*projection="submissions".*\} 1$/m);
    expect((await readiness()).checks['projection forms']).not.toMatchObject({ degraded: true });

    // Reads go on, and say how old they are.
    await eventually(async () => {
      const page = await client.listSubmissions(FORM, { count: true });
      expect(page.body.total).toBe(1);
      expect(page.headers['formbus-read-model']).toBe('halted');
      expect(Number(page.headers['formbus-age'])).toBeGreaterThan(0);
    });
    const waiting = await client.exchange({
      method: 'GET',
      path: SUBMISSIONS,
      minPosition: behind.at(-1)?.position,
    });
    expect(waiting).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
    expect(waiting.headers['retry-after']).toBeDefined();
    // Writes go on, and the log answers for itself.
    expect((await client.getHistory(FORM, behind[0]?.body.id ?? '')).body.items).toHaveLength(1);

    await removeFromLog(seq);
    await eventually(
      async () => {
        const page = await client.listSubmissions(FORM, {
          count: true,
          minPosition: behind.at(-1)?.position,
        });
        expect(page.body.total).toBe(21);
        expect(page.headers['formbus-read-model']).toBeUndefined();
      },
      { timeoutMs: 40_000 },
    );
    await eventually(async () => expect((await readiness()).status).toBe('ok'));
    expect(await metrics()).toMatch(/^formbus_projection_halted\{.*projection="submissions".*\} 0$/m);
  });
});

describe('a MongoDB that hangs', () => {
  it('keeps no submission away; reads say 503 at once as soon as it is noticed, and come back with it', async () => {
    const { client, system } = world;
    const before = await client.listSubmissions(FORM, { count: true });
    const asked = async (): Promise<number> => {
      const started = performance.now();
      await expect(client.listSubmissions(FORM)).rejects.toMatchObject({ status: 503 });
      return performance.now() - started;
    };
    let position = '';
    system.kill('mongo', 'SIGSTOP');
    try {
      position = (await client.submit(FORM, { name: 'While it hangs' })).position;
      expect(await asked()).toBeLessThan(10_000);
      await eventually(async () => expect(await asked()).toBeLessThan(500), { timeoutMs: 20_000 });
      expect((await client.submit(FORM, { name: 'Once it is noticed' })).status).toBe(201);
    } finally {
      system.kill('mongo', 'SIGCONT');
    }
    await eventually(
      async () => {
        const { body } = await client.listSubmissions(FORM, { count: true, minPosition: position });
        expect(body.total).toBe((before.body.total ?? 0) + 2);
      },
      { timeoutMs: 30_000 },
    );
  });
});
