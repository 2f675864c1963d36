import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { connectBus, type Bus } from '#eventing/bus';
import { eventually } from '#tools/testing/eventually';
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
async function start(
  name: string,
  checks: Readonly<Record<string, Check | (() => Promise<Check>)>> = {},
): Promise<Bus> {
  const own = await connectBus({ servers: nats.url, name, logger });
  const readiness = new Readiness();
  for (const [check, found] of Object.entries(checks))
    readiness.add(check, typeof found === 'function' ? found : () => found);
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
    // On a busy machine the second one may come too late to be known of.
    await eventually(async () =>
      expect(await call('forms')).toMatchObject([{ state: 'degraded', instances: [{}, {}] }]),
    );
  });

  it('waits for the report of each that has said that it is here', async () => {
    await start('forms');
    await start('forms', {
      disk: async () => {
        await delay(900);
        return { ok: false, detail: 'stuck' };
      },
    });
    await eventually(async () => {
      const [forms] = await call('forms');
      expect(forms?.state).toBe('degraded');
      expect(forms?.instances.flatMap(({ troubles }) => troubles)).toEqual([
        { check: 'disk', detail: 'stuck' },
      ]);
    });
  });

  it('lists as silent who is here and does not say how it is', async () => {
    await start('forms', { disk: () => new Promise(() => undefined) });
    const troubles = [{ check: 'report', detail: 'is here, and has not said in 600 ms how it is' }];
    await eventually(async () => {
      expect(await callRoll(bus, { expected: ['forms'], patienceMs: 600 })).toMatchObject([
        { state: 'silent', instances: [{ state: 'silent', version: expect.any(String), troubles }] },
      ]);
    });
  });

  it('cuts what a check says at length', async () => {
    await start('forms', { disk: { ok: false, detail: 'x'.repeat(5000) } });
    const [forms] = await call('forms');
    expect(forms?.instances[0]?.troubles).toEqual([{ check: 'disk', detail: 'x'.repeat(1000) }]);
  });

  it('is not answered by a bus that is being closed, which does no harm', async () => {
    const said: string[] = [];
    const own = await start('b');
    const draining = {
      logger: pino({ level: 'debug' }, { write: (line: string) => void said.push(line) }),
      onNotice: own.onNotice.bind(own),
      notify: () => {
        throw new Error('draining');
      },
    };
    answerRollCalls(draining, { name: 'forms', readiness: new Readiness() });
    await own.nc.flush();
    await callRoll(bus, { expected: ['forms'], patienceMs: 100 });
    await eventually(() => expect(said.join()).toContain('a call of the roll was not answered'));
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
    const elsewhere: string[] = [];
    const ends = [
      bus.onNotice('sys.roll-call.here', () => elsewhere.push('here')),
      bus.onNotice('evt.w.form.f', () => elsewhere.push('log')),
    ];
    for (const reply of ['evt.w.form.f', 'sys.roll-call.here']) bus.notify('sys.roll-call', { reply });
    bus.notify('sys.roll-call', 'hello');
    const answers = (reply: string): void => {
      const good = { run: randomUUID(), service: 'forms', instance: 'i', version: '1', uptimeSeconds: 1 };
      bus.notify(reply, { service: 'forms', state: 'fine' });
      bus.notify(reply, { ...good, service: 'x'.repeat(65) });
      bus.notify(reply, { ...good, run: '1' });
    };
    ends.push(bus.onNotice('sys.roll-call', (value) => answers((value as { reply: string }).reply)));
    const found = await call('forms');
    expect(found).toMatchObject([{ service: 'forms', instances: [{}] }]);
    expect(elsewhere).toEqual([]);
    for (const end of ends) end();
  });

  it('keeps no more answers than an installation has processes', async () => {
    const stop = bus.onNotice('sys.roll-call', (value) => {
      const { reply } = value as { reply: string };
      const flood = { service: 'forms', instance: 'i', version: '1', uptimeSeconds: 1 };
      for (let at = 0; at < 600; at++) bus.notify(reply, { ...flood, run: randomUUID() });
    });
    await eventually(async () => {
      const [forms] = await callRoll(bus, { expected: ['forms'], patienceMs: 1000 });
      expect(forms?.instances).toHaveLength(500);
    });
    stop();
  });
});
