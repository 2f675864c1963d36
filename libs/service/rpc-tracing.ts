import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type TextMapGetter,
  type TextMapSetter,
} from '@opentelemetry/api';
import { headers, type MsgHdrs } from '@nats-io/transport-node';

const tracer = trace.getTracer('formbus.rpc');

const reader: TextMapGetter<MsgHdrs> = {
  keys: (carrier) => carrier.keys(),
  get: (carrier, name) => (carrier.has(name) ? carrier.get(name) : undefined),
};
const writer: TextMapSetter<MsgHdrs> = { set: (carrier, name, value) => carrier.set(name, value) };

/** The span of a call, and the headers that carry it (`traceparent`); no headers while nothing is traced. */
export function startCall(subject: string): { span: Span; carried: MsgHdrs | undefined } {
  const span = tracer.startSpan(`${subject} call`, {
    kind: SpanKind.CLIENT,
    attributes: attributes(subject),
  });
  if (!span.isRecording() && propagation.fields().length === 0) return { span, carried: undefined };
  const carried = headers();
  propagation.inject(trace.setSpan(context.active(), span), carried, writer);
  return { span, carried };
}

/** The span of a request being answered, under the caller's, and the context to run its handler in. */
export function startAnswer(subject: string, carried: MsgHdrs | undefined): { span: Span; active: Context } {
  const parent =
    carried === undefined ? context.active() : propagation.extract(context.active(), carried, reader);
  const options = { kind: SpanKind.SERVER, attributes: attributes(subject) };
  const span = tracer.startSpan(`${subject} process`, options, parent);
  return { span, active: trace.setSpan(parent, span) };
}

/** @param code `ok`, or the code of the problem */
export function endSpan(span: Span, code: string): void {
  if (code !== 'ok') span.setStatus({ code: SpanStatusCode.ERROR, message: code });
  span.end();
}

const attributes = (subject: string) => ({ 'rpc.system': 'nats', 'rpc.method': subject });
