import fastifyOtel from '@fastify/otel';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';

/** The internal server's own paths: asked every few seconds, and of no interest. */
const UNTRACED = new Set(['/livez', '/readyz', '/metrics']);

/**
 * Traces over OTLP (HTTP, protobuf), by the standard OTEL_* variables; OTEL_SERVICE_NAME defaults to the folder of
 * the entry file (`services/forms/main.js` is `forms`). Metrics and logs don't go this way: Prometheus asks for the
 * ones, and the others are lines on standard output that carry the trace's id.
 */
export function startTracing(): { shutdown(): Promise<void> } {
  const sdk = new NodeSDK({
    serviceName: process.env.OTEL_SERVICE_NAME ?? basename(dirname(process.argv[1] ?? 'formbus/main.js')),
    traceExporter: new OTLPTraceExporter(),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: (request) => UNTRACED.has(request.url?.split('?', 1)[0] ?? ''),
      }),
      new UndiciInstrumentation(),
      // Its spans for hooks would be seven a request.
      new fastifyOtel.FastifyOtelInstrumentation({ registerOnInitialization: true, instrumentHooks: false }),
    ],
  });
  sdk.start();
  // The patch is applied when node:http is next required; Fastify does so, a service that imports it does not.
  createRequire(import.meta.url)('node:http');
  return sdk;
}
