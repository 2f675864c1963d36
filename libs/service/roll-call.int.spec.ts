import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { connectBus, type Bus } from '#eventing/bus';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import { Readiness, type Check } from './readiness.ts';
import { answerRollCalls, callRoll } from './roll-call.ts';

const logger = pino({ level: 'silent' });
let nats: TestNats;
let bus: Bus;
const processes: Bus[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  bus = await connectBus({ servers: nats.url, name: 'spec', logger });
});
afterEach(async () => {
  for (const one of processes.splice(0)) await one.close();
});
afterAll(async () => {
  await bus?.close();
  await nats?.stop();
});

/** A process of a service, as far as the bus knows of it. */
async function start(name: string, checks: Readonly<Record<string, Check>> = {}): Promise<Bus> {
  const own = await connectBus({ servers: nats.url, name, logger });
  const readiness = new Readiness();
  for (const [check, found] of Object.entries(checks)) readiness.add(check, () => found);
  answerRollCalls(own, { name, readiness });
  await own.nc.flush();
  processes.push(own);
  return own;
}

const call = (...expected: readonly string[]) => callRoll(bus, { expected });

describe('a call of the roll', () => {
  it('tells of every process its version, how it is and for how long', async () => {
    await start('forms');
    const [forms] = await call('forms');
    expect(forms).toEqual({
      service: 'forms',
      state: 'ready',
      instances: [
        {
          instance: expect.stringMatching(new RegExp(`:${process.pid}$`)),
          version: expect.stringMatching(/^\d+\.\d+\.\d+/),
          state: 'ready',
          uptimeSeconds: expect.any(Number),
          troubles: [],
        },
      ],
    });
  });

  it('lists who is expected and does not answer, in that order, and others after them', async () => {
    await start('b');
    await start('z');
    await start('y');
    const found = await callRoll(bus, { expected: ['c', 'b', 'a'], patienceMs: 500 });
    expect(found.map(({ service, state }) => [service, state])).toEqual([
      ['c', 'silent'],
      ['b', 'ready'],
      ['a', 'silent'],
      ['y', 'ready'],
      ['z', 'ready'],
    ]);
  });

  it('says what is not as it should be', async () => {
    await start('forms', {
      bus: { ok: true },
      mongodb: { ok: true, degraded: true },
      keys: { ok: false, detail: 'not all are known' },
    });
    expect(await call('forms')).toMatchObject([
      {
        state: 'failed',
        instances: [
          {
            troubles: [
              { check: 'mongodb', detail: '' },
              { check: 'keys', detail: 'not all are known' },
            ],
          },
        ],
      },
    ]);
  });

  it('is degraded where the processes of a service are not all the same', async () => {
    await start('forms');
    await start('forms', { keys: { ok: false } });
    expect(await call('forms')).toMatchObject([{ state: 'degraded', instances: [{}, {}] }]);
  });

  it('is not answered by a process whose bus is closed', async () => {
    const one = await start('forms');
    await one.close();
    expect(await callRoll(bus, { expected: ['forms'], patienceMs: 300 })).toEqual([
      { service: 'forms', state: 'silent', instances: [] },
    ]);
  });

  it('passes over what is no call and no answer', async () => {
    await start('forms');
    bus.notify('sys.roll-call', { reply: 'evt.w.form.f' });
    bus.notify('sys.roll-call', 'hello');
    const stop = bus.onNotice('sys.roll-call', (value) => {
      bus.notify((value as { reply: string }).reply, { service: 'forms', state: 'fine' });
    });
    expect((await call('forms'))[0]?.instances).toHaveLength(1);
    stop();
  });
});
