import { describe, expect, it } from '@jest/globals';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { contextOf, traceparentOf } from './trace.ts';

describe('trace context', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  it('is read from a traceparent and written as one', () => {
    const span = trace.getSpan(contextOf(traceparent));
    expect(span && traceparentOf(span)).toBe(traceparent);
  });

  it.each([undefined, '', '00-x-y-01', '01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'])(
    'starts anew from %j',
    (text) => {
      expect(contextOf(text)).toBe(ROOT_CONTEXT);
    },
  );

  it('is nothing outside of a trace', () => {
    expect(
      traceparentOf(
        trace.wrapSpanContext({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }),
      ),
    ).toBeUndefined();
  });
});
