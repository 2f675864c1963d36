import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HeaderLines, parseEnvelope, printEnvelope, splitHeaders, type Envelope } from './headers.ts';

const texts = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
const plain = fc.stringMatching(/^[a-z0-9.]{1,40}$/);
const envelopes: fc.Arbitrary<Envelope> = fc.record(
  {
    id: texts,
    type: plain,
    source: texts,
    subject: plain,
    time: fc.constant('2026-01-02T03:04:05.678Z'),
    version: fc.integer({ min: 1 }),
    actor: texts,
    correlation: texts,
    causation: texts,
    traceparent: fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
  },
  { requiredKeys: ['id', 'type', 'source', 'subject', 'time', 'version', 'actor', 'correlation'] },
);
const overTheWire = (lines: string) =>
  splitHeaders(Buffer.from(new HeaderLines(lines).encode()).toString('utf8'));

describe('event headers', () => {
  it('carry every envelope through, whatever text is in it', () => {
    fc.assert(
      fc.property(envelopes, (envelope) => {
        expect(parseEnvelope(overTheWire(printEnvelope(envelope)))).toEqual(envelope);
      }),
    );
  });

  it('are printable ASCII without line breaks of their own', () => {
    fc.assert(
      fc.property(envelopes, (envelope) => {
        const lines = printEnvelope(envelope).split('\r\n');
        expect(lines.pop()).toBe('');
        for (const line of lines) expect(line).toMatch(/^[A-Za-z-]+: [\x20-\x7e]+$/);
      }),
    );
  });

  it('are those of CloudEvents 1.0 in binary mode, with the id as message id', () => {
    const headers = overTheWire(
      printEnvelope({
        id: 'c.1',
        type: 'formbus.form.created.v1',
        source: '/formbus/forms',
        subject: 'evt.w.form.f',
        time: '2026-01-02T03:04:05.678Z',
        version: 3,
        actor: 'key "7"',
        correlation: 'r',
      }),
    );
    expect(Object.fromEntries(headers)).toEqual({
      'Nats-Msg-Id': 'c.1',
      'ce-specversion': '1.0',
      'ce-id': 'c.1',
      'ce-type': 'formbus.form.created.v1',
      'ce-source': '/formbus/forms',
      'ce-subject': 'evt.w.form.f',
      'ce-time': '2026-01-02T03:04:05.678Z',
      'ce-dataschema': 'urn:formbus:schema:formbus.form.created.v1',
      'ce-datacontenttype': 'application/json',
      'formbus-version': '3',
      'formbus-actor': 'key%20%227%22',
      'formbus-correlation': 'r',
    });
  });

  it('are refused when a required one is missing', () => {
    const headers = overTheWire('ce-id: x\r\nformbus-version: 1\r\n');
    expect(() => parseEnvelope(headers)).toThrow('ce-type');
    expect(() => parseEnvelope(new Map([...headers, ['formbus-version', 'x']]))).toThrow('formbus-version');
  });

  it('are split even when there is a status, no header or no end', () => {
    expect(splitHeaders('NATS/1.0 404 Not Found\r\n\r\n')).toEqual(new Map());
    expect(splitHeaders('NATS/1.0 204 EOB\r\nA: 1\r\nB:2 \r\n\r\n')).toEqual(
      new Map([
        ['A', '1'],
        ['B', '2'],
      ]),
    );
    expect(splitHeaders('')).toEqual(new Map());
    expect(splitHeaders('NATS/1.0\r\nA: 1')).toEqual(new Map());
  });
});
