import { describe, expect, it } from '@jest/globals';
import { Arrivals } from './arrivals.ts';

const AT = Date.parse('2026-01-02T03:04:05.000Z');
const body = (text = '2026-01-02T03:04:04.750Z'): Buffer =>
  Buffer.from(JSON.stringify({ type: 't', timestamp: text, data: {} }));

describe('what a receiver got', () => {
  it('counts each delivery once, and says how long its first arrival took', () => {
    const arrivals = new Arrivals(3);
    arrivals.add({ 'webhook-id': 'msg_1' }, body(), AT);
    arrivals.add({ 'webhook-id': 'msg_1' }, body(), AT + 5_000);
    arrivals.add({ 'webhook-id': 'msg_2' }, body(), AT + 250);
    expect(arrivals).toMatchObject({ size: 2, repeated: 1, latenciesMs: [250, 500] });
    arrivals.begin();
    expect(arrivals).toMatchObject({ size: 2, latenciesMs: [] });
  });

  it('keeps some whole, to be verified', () => {
    const arrivals = new Arrivals(3);
    for (let n = 0; n < 120; n++) arrivals.add({ 'webhook-id': `msg_${n}`, 'x-a': ['1', '2'] }, body(), AT);
    expect(arrivals.samples).toHaveLength(3);
    expect(arrivals.samples[0]).toEqual({
      receiver: 3,
      headers: { 'webhook-id': 'msg_0', 'x-a': '1,2' },
      body: body().toString(),
    });
  });

  it('has no latency of a body without a time', () => {
    const arrivals = new Arrivals(3);
    arrivals.add({ 'webhook-id': 'msg_1' }, Buffer.from('{}'), AT);
    expect(arrivals.latenciesMs).toEqual([NaN]);
  });
});
