import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestNats, type TestNats } from '#tools/testing/nats';
import type { Bus } from './bus.ts';
import { ensureDurable, hasDurable, type DurableSpec } from './durable.ts';
import { jetStream } from './jetstream-api.ts';
import { connect } from './testing/world.ts';

const spec: DurableSpec = {
  ...{ stream: 'S', durable: 'd', filters: ['s.a', 's.b'], from: 'now' },
  ...{ ackWaitMs: 5_000, maxAckPending: 10 },
};

describe('a durable consumer', () => {
  let nats: TestNats;
  let bus: Bus;

  beforeAll(async () => {
    nats = await startTestNats();
    bus = await connect(nats.url);
    await jetStream(bus, 'STREAM.CREATE.S', { name: 'S', subjects: ['s.>'] });
  });
  afterAll(async () => {
    await bus.close();
    await nats.stop();
  });

  it('is written only when something about it differs, and stays paused then', async () => {
    let written = 0;
    bus.nc.subscribe('$JS.API.CONSUMER.CREATE.S.d', { callback: () => void written++ });
    expect(await hasDurable(bus, 'S', 'd')).toBe(false);
    await ensureDurable(bus, spec);
    expect(await hasDurable(bus, 'S', 'd')).toBe(true);
    await jetStream(bus, 'CONSUMER.PAUSE.S.d', { pause_until: '2200-01-01T00:00:00Z' });
    await ensureDurable(bus, spec);
    await ensureDurable(bus, { ...spec, from: 'beginning' });
    expect(written).toBe(1);
    await ensureDurable(bus, { ...spec, filters: ['s.c'] });
    await ensureDurable(bus, { ...spec, filters: ['s.c'] });
    expect(written).toBe(2);
    expect(await jetStream(bus, 'CONSUMER.INFO.S.d')).toMatchObject({
      paused: true,
      config: { filter_subjects: ['s.c'], deliver_policy: 'new' },
    });
  });
});
