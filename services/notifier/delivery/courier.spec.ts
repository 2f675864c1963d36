import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Problem } from '#contracts/errors';
import type { WebhookRecord } from '../webhook/webhook.fold.ts';
import { Courier, type CourierDependencies, type Errand } from './courier.ts';
import type { AttemptToRecord } from './delivery.log.ts';
import type { EventRef } from './event-ref.ts';
import { Gate } from './gate.ts';
import { Health } from './health.ts';
import type { Retry } from './retries.ts';
import { deliveryIdOf } from './sender.ts';

const record = (url: string) =>
  ({ id: 'w1', settings: { url, payload: 'full' } }) as unknown as WebhookRecord;
const event = { id: 'e1', seq: 7, source: 'log', position: 'e.7', workspace: 'acme' } as EventRef;
const errand: Errand = {
  ...{ event, cause: 'event', attempt: 1, lane: null },
  ...{ answered: () => undefined, waits: () => undefined },
};

/** A courier, and what it did; `body` makes bodies. */
function courier(body: () => string | Promise<string>) {
  const did = {
    urls: [] as string[],
    told: [] as unknown[],
    retries: [] as Retry[],
    calledOff: [] as string[],
  };
  const recorded: AttemptToRecord[] = [];
  const deps = {
    logger: pino({ enabled: false }),
    bodies: { of: body },
    sender: {
      ready: () => Promise.resolve(),
      send({ settings: { url } }: WebhookRecord) {
        did.urls.push(url);
        return Promise.resolve({ verdict: { ok: true } });
      },
    },
    retries: {
      schedule(_webhook: string, _name: string, retry: Retry) {
        did.retries.push(retry);
        return Promise.resolve();
      },
      cancel(_webhook: string, name: string) {
        did.calledOff.push(name);
        return Promise.reject(new Error('the server is away'));
      },
    },
    deliveries: {
      record(attempt: AttemptToRecord) {
        recorded.push(attempt);
        return Promise.resolve();
      },
    },
    tell: (_record: WebhookRecord, change: unknown) => did.told.push(change),
  } as unknown as CourierDependencies;
  const gate = new Gate({ width: 8, onOpen: () => undefined });
  const made = new Courier(deps, gate, new Health(null), new AbortController().signal);
  return { made, did, recorded };
}

describe('a courier', () => {
  it.each([
    ['submission_not_found', new Problem('submission_not_found')],
    ['seal_broken', new Problem('seal_broken')],
    ['undecodable', new SyntaxError('not JSON')],
  ])('takes a body that can never be made for a failed attempt: %s', async (code, error) => {
    const { made, did, recorded } = courier(() => Promise.reject(error));
    expect(await made.attempt(() => record('https://a'), errand)).toBe('waits');
    expect(recorded).toMatchObject([{ sent: { request: null, verdict: { ok: false, error: { code } } } }]);
    expect(recorded[0]!.nextAttemptAt).not.toBeNull();
    expect(did).toMatchObject({ urls: [], told: [], retries: [{ seq: 7, attempt: 2 }] });
  });

  it('gives up after the last attempt, as with any other failure', async () => {
    const { made, did, recorded } = courier(() => Promise.reject(new Problem('seal_broken')));
    expect(await made.attempt(() => record('https://a'), { ...errand, attempt: 10 })).toBe('failed');
    expect(recorded).toMatchObject([{ nextAttemptAt: null }]);
    expect(did.retries).toEqual([]);
  });

  it('calls off the retry of what was delivered by hand, if that can be done', async () => {
    const { made, did } = courier(() => '{}');
    const same = record('https://a');
    expect(await made.attempt(() => same, errand)).toBe('delivered');
    expect(did.calledOff).toEqual([]);
    const byHand = { ...errand, cause: 'redelivery' } as const;
    expect(await made.attempt(() => same, byHand)).toBe('delivered');
    expect(did.calledOff).toEqual([deliveryIdOf('w1', 'e1')]);
  });

  it('asks the endpoint as it is by then, however long the body took', async () => {
    let current = record('https://old');
    const changed = record('https://new');
    const { made, did } = courier(() => {
      current = changed;
      return '{}';
    });
    expect(await made.attempt(() => current, errand)).toBe('delivered');
    expect(did.urls).toEqual(['https://new']);
  });
});
