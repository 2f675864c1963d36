import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { createForm, editDraft } from '#contracts/form/form.rpc';
import { deleteDurable, durablesOf } from '#eventing/durable';
import { Feed } from '#eventing/feed';
import { caller } from '#services/forms/testing/world';
import { Bodies } from '#services/notifier/delivery/body';
import { Deliverer, type DelivererOptions } from '#services/notifier/delivery/deliverer';
import { laneName } from '#services/notifier/delivery/courier';
import { durableOf, EndpointDelivery, type EndpointDependencies } from '#services/notifier/delivery/endpoint';
import { EventFinder } from '#services/notifier/delivery/event-finder';
import { Retries } from '#services/notifier/delivery/retries';
import type { Sender } from '#services/notifier/delivery/sender';
import type { WebhookRecord } from '#services/notifier/webhook/webhook.fold';
import { eventually } from '#tools/testing/eventually';
import { answering } from './receiver.ts';
import { FORM, openWebhookWorld, type NotifierInstance, type WebhookWorld } from './world.ts';

let world: WebhookWorld;
let delivering: NotifierInstance;

beforeAll(async () => {
  world = await openWebhookWorld({ totalMs: 30_000 });
  delivering = world.first;
});

afterAll(() => world?.stop());
afterEach(() => void jest.restoreAllMocks());

const types = ['formbus.submission.submitted.v2'];

describe('when another process delivers', () => {
  it('what the endpoint was to be left alone with is given to that', async () => {
    const answer = Promise.withResolvers<void>();
    const receiver = await world.receiver((response, _received, count) => {
      if (count > 1) response.writeHead(204).end();
      else void answer.promise.then(() => response.writeHead(429, { 'retry-after': '60' }).end());
    });
    const { id } = await world.webhook(receiver, { types, payload: 'full' });
    const held = Promise.withResolvers<void>();
    const original = Bodies.prototype.of;
    const bodies = jest.spyOn(Bodies.prototype, 'of');
    bodies.mockImplementation(async function (this: Bodies, ...asked) {
      const body = await original.apply(this, asked);
      if (bodies.mock.calls.length > 1) await held.promise;
      return body;
    });
    await world.submit(FORM);
    const second = await world.submit(FORM);
    await eventually(() => expect(receiver.received).toHaveLength(1));
    await eventually(() => expect(bodies.mock.calls.length).toBeGreaterThan(1));
    answer.resolve();
    const retries = new Retries(world.bus);
    await eventually(async () => expect(await retries.waiting(id)).toHaveLength(1));
    const stopped = jest.spyOn(Feed.prototype, 'stop');
    const stopping = delivering.stop();
    await eventually(() => expect(stopped.mock.calls.length).toBeGreaterThan(1));
    await Promise.all(stopped.mock.results.map(({ value }) => value as Promise<void>));
    held.resolve();
    await stopping;
    delivering = await world.startNotifier();
    await eventually(() => expect(receiver.submissions).toContain(second), { timeoutMs: 8_000 });
  });

  it('the one that lost the lease leaves its requests at once', async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    const { log, bus } = world;
    const record = {
      ...{
        id: 'fenced',
        workspace: 'acme',
        enabled: true,
        failingSince: null,
        createdSeq: await log.lastSeq(),
      },
      settings: { types, form: null, ordered: false, payload: 'thin' },
    } as Partial<WebhookRecord> as WebhookRecord;
    const lost = new AbortController();
    const sender = {
      ready: () => Promise.resolve(),
      send: (_record: WebhookRecord, _id: string, _body: string, { signal }: { signal: AbortSignal }) => {
        asked.resolve(signal);
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        );
      },
    } as unknown as Sender;
    const deps = {
      ...{ bus, sender, retries: new Retries(bus), logger: pino({ enabled: false }) },
      bodies: { of: () => '{}' },
      events: new EventFinder(bus, { log: log.epoch, tasks: log.epoch }),
    } as unknown as EndpointDependencies;
    const endpoint = new EndpointDelivery(record, deps, lost.signal);
    await endpoint.start();
    await world.submit(FORM);
    const signal = await asked.promise;
    expect(signal.aborted).toBe(false);
    lost.abort();
    expect(signal.aborted).toBe(true);
    await endpoint.stop();
    for (const stream of ['EVENTS', 'TASKS_HIGH']) await deleteDurable(bus, stream, durableOf('fenced'));
  });

  it('its late retry in the place of another one takes nothing from a lane', async () => {
    const receiver = await world.receiver((response, { data }, count) =>
      response.writeHead(data.version === 2 && count === 2 ? 500 : 204).end(),
    );
    const { id } = await world.webhook(receiver, { ordered: true, form: 'late' });
    const definition = (title: string) => ({ title, pages: [{ fields: [{ type: 'text', name: 'a' }] }] });
    const create = { caller: caller(), form: 'late', definition: definition('1'), idempotencyKey: null };
    await world.rpc.call(createForm, create);
    for (const title of ['2', '3']) {
      const edit = { caller: caller(), form: 'late', definition: definition(title), expectVersion: null };
      await world.rpc.call(editDraft, edit);
    }
    const retries = new Retries(world.bus);
    const [retry] = await eventually(async () => {
      const waiting = await retries.waiting(id);
      expect(waiting).toHaveLength(1);
      return waiting;
    });
    const [first] = await world.log.read('evt.acme.form.late');
    const late = { ...retry!, seq: first!.seq };
    await retries.schedule(id, laneName(retry!.lane!), late, new Date(Date.now() + 1_000));
    await eventually(() => expect(receiver.received.map(({ data }) => data.version)).toEqual([1, 2, 2, 3]));
  });

  it('nothing of an endpoint is cleared away that it merely does not know', async () => {
    const receiver = await world.receiver(answering(500));
    const { id } = await world.webhook(receiver, { types });
    await world.submit(FORM);
    const retries = new Retries(world.bus);
    await eventually(async () => expect(await retries.waiting(id)).toHaveLength(1));
    await delivering.stop();
    const told: string[] = [];
    const stale = new Deliverer({
      bus: world.bus,
      retries,
      logger: pino({ base: null }, { write: (line) => void told.push(line) }),
      directory: {
        complete: true,
        all: () => [],
        find: () => undefined,
        onChange: () => () => undefined,
        refresh: () => Promise.resolve(),
      },
    } as Partial<DelivererOptions> as DelivererOptions);
    stale.start();
    await eventually(() => expect(told.some((line) => line.includes(id))).toBe(true));
    await stale.stop();
    for (const stream of ['EVENTS', 'TASKS_HIGH'])
      expect(await durablesOf(world.bus, stream, `webhook-${id}`)).toHaveLength(1);
    expect(await retries.waiting(id)).toHaveLength(1);
  });
});
