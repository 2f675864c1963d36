import {
  context,
  ROOT_CONTEXT,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

const tracer = trace.getTracer('formbus-eventing');
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The W3C traceparent of a span, if it is part of a trace. */
export function traceparentOf(span: Span): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (!trace.isSpanContextValid(span.spanContext())) return undefined;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** The context that a traceparent names; the root when there is none or it is malformed. */
export function contextOf(traceparent: string | undefined): Context {
  const match = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  if (match === null) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = '00'] = match;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}

/** Starts the span of one command's way into the log, below the caller's. */
export function startPublish(subject: string): Span {
  return tracer.startSpan('publish', { kind: SpanKind.PRODUCER, attributes: messaging(subject, 'send') });
}

export function endSpan(span: Span, error?: unknown): void {
  if (error !== undefined) {
    span.setStatus({
      code: SpanStatusCode.ERROR,
      message: error instanceof Error ? error.message : 'not an error',
    });
  }
  span.end();
}

/** Runs the handling of one message below the span that published it. */
export async function inProcessSpan<T>(
  message: { subject: string; traceparent?: string | undefined; durable: string },
  work: () => Promise<T>,
): Promise<T> {
  const attributes = {
    ...messaging(message.subject, 'process'),
    'messaging.consumer.group.name': message.durable,
  };
  const parent = contextOf(message.traceparent);
  const span = tracer.startSpan('process', { kind: SpanKind.CONSUMER, attributes }, parent);
  try {
    const result = await context.with(trace.setSpan(parent, span), work);
    endSpan(span);
    return result;
  } catch (error) {
    endSpan(span, error);
    throw error;
  }
}

/** The family stands for the subject, whose ids would make every span's name another. */
function messaging(subject: string, operation: 'send' | 'process'): Record<string, string> {
  const [kind = '', , family = ''] = subject.split('.', 3);
  return {
    'messaging.system': 'nats',
    'messaging.operation.type': operation,
    'messaging.destination.name': subject,
    'messaging.destination.template': `${kind}.*.${family}`,
  };
}
