import { trace } from '@opentelemetry/api';
import { pino, type DestinationStream, type Logger } from 'pino';
import { CENSOR, redact, SECRET_FIELDS } from './redaction.ts';

export type { Logger } from 'pino';

/**
 * Fields of a child logger, and headers of requests that a serializer unpacks, don't pass {@link redact}; pino's own
 * redaction costs nothing on these, since none of the paths has a wildcard.
 */
const PATHS = [
  ...SECRET_FIELDS,
  'req.headers.authorization',
  'req.headers.cookie',
  'res.headers["set-cookie"]',
];

export interface LoggerOptions {
  readonly service: string;
  readonly level?: string;
  /** Standard output unless told otherwise; written synchronously, so that no line is lost at a crash. */
  readonly destination?: DestinationStream;
}

/**
 * The log of a service: one JSON object a line with `time` (RFC 3339), `level` (its name), `service`, `pid`, `msg`,
 * and inside a span its `trace_id` and `span_id`. Fields that redaction.ts lists become `[redacted]`: give what may
 * be secret as a field of the object, never inside the message.
 */
export function createLogger({ service, level = 'info', destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => redact(fields),
    },
    redact: { paths: PATHS, censor: CENSOR },
    serializers: { err: describeError },
    mixin: traceIds,
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** What may be said of an error: libraries hang whole documents on theirs, and a document holds answers. */
const TOLD = ['type', 'message', 'stack', 'code', 'reason', 'subject', 'seq'] as const;

function describeError(error: Error): object {
  const described = pino.stdSerializers.err(error) as unknown as Record<string, unknown>;
  return Object.fromEntries(TOLD.flatMap((name) => (name in described ? [[name, described[name]]] : [])));
}

function traceIds(): object {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}
