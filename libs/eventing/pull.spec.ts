import { describe, expect, it } from '@jest/globals';
import { parseDelivery } from './pull.ts';

describe('the subject that a delivery is acknowledged on', () => {
  const expected = { attempt: 2, seq: 100, consumerSeq: 7, pending: 42 };

  it.each([
    '$JS.ACK.EVENTS.c.2.100.7.1700000000000000000.42',
    '$JS.ACK.hub.ACCOUNT.EVENTS.c.2.100.7.1700000000000000000.42',
    '$JS.ACK._.ACCOUNT.EVENTS.c.2.100.7.1700000000000000000.42.random',
  ])('is read in each of its forms: %s', (reply) => {
    expect(parseDelivery(reply)).toEqual(expected);
  });

  it('is nothing else', () => {
    expect(() => parseDelivery('_INBOX.x.1')).toThrow('not a delivery');
    expect(() => parseDelivery('')).toThrow('not a delivery');
  });
});
