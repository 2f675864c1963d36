import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '#tools/testing/eventually';
import { publishGuestBook, startWorld, type World } from './world.ts';

interface Status {
  readonly services: readonly object[];
  readonly streams: readonly { readonly name: string; readonly messages: number }[];
  readonly taskKinds: readonly { readonly kind: string; readonly paused: boolean }[];
  readonly deadLetters: { readonly waiting: number };
  readonly projections: readonly { readonly projection: string; readonly state: string }[];
}

let world: World;

beforeAll(async () => {
  world = await startWorld();
  await publishGuestBook(world.client, 'guests');
});

afterAll(() => world?.close());

const get = async <T>(path: string): Promise<T> => (await world.client.call<T>({ method: 'GET', path })).body;
const post = <T>(path: string) => world.client.call<T>({ method: 'POST', path });

describe('an operator', () => {
  it('sees the whole installation at one look', async () => {
    await eventually(async () => {
      const { services, streams, taskKinds, deadLetters, projections } =
        await get<Status>('/v1/operations/status');
      expect(services).toMatchObject(
        ['gateway', 'forms', 'notifier'].map((service) => ({
          service,
          state: 'ready',
          instances: expect.arrayContaining([
            expect.objectContaining({ version: expect.stringMatching(/^\d+\./), troubles: [] }),
          ]),
        })),
      );
      expect(streams.find(({ name }) => name === 'EVENTS')?.messages).toBeGreaterThan(3);
      expect(taskKinds.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining([
          'mail',
          'webhook-replay',
          'projection-verify-forms',
          'projection-rebuild-notifier',
        ]),
      );
      expect(deadLetters.waiting).toBe(0);
      expect(projections).toEqual(
        ['deliveries', 'forms', 'mailTemplates', 'submissions', 'tasks'].map((projection) =>
          expect.objectContaining({ projection, state: 'live' }),
        ),
      );
    });
  });

  it('has a read model proven and built anew, and finds the tasks in the list', async () => {
    const verify = await post<{ id: string }>('/v1/operations/projections/forms/verify');
    expect([verify.status, verify.headers.location]).toEqual([202, `/v1/tasks/${verify.body.id}`]);
    expect((await world.client.finished(verify.body.id)).body).toMatchObject({
      state: 'succeeded',
      result: { projection: 'forms', equal: true, documents: 1 },
    });
    const rebuild = await post<{ id: string }>('/v1/operations/projections/forms/rebuild');
    const { body } = await world.client.finished(rebuild.body.id);
    expect(body).toMatchObject({ state: 'succeeded', result: { projection: 'forms' } });
    await eventually(async () => {
      const { items } = await get<{ items: object[] }>('/v1/tasks?state=succeeded');
      expect(items).toMatchObject([{ id: rebuild.body.id }, { id: verify.body.id }]);
    });
  });

  it.each(['rebuild', 'verify'])('has one of the notifier told to %s as well', async (what) => {
    const { body } = await post<{ id: string }>(`/v1/operations/projections/deliveries/${what}`);
    expect((await world.client.finished(body.id)).body).toMatchObject({
      state: 'succeeded',
      result: { projection: 'deliveries' },
    });
  });

  it('holds back a kind of task, and lets it go on', async () => {
    const kinds = '/v1/operations/task-kinds/projection-verify-forms';
    expect((await post(`${kinds}/pause`)).body).toMatchObject({ paused: true });
    const { body } = await post<{ id: string }>('/v1/operations/projections/submissions/verify');
    await eventually(async () => {
      const { items } = await get<{ items: { kind: string }[] }>('/v1/operations/task-kinds');
      expect(items.find(({ kind }) => kind === 'projection-verify-forms')).toMatchObject({
        paused: true,
        pending: 1,
      });
    });
    expect((await world.client.getTask(body.id)).body.state).toBe('queued');
    expect((await post(`${kinds}/resume`)).body).toMatchObject({ paused: false });
    expect((await world.client.finished(body.id)).body.state).toBe('succeeded');
  });
});
