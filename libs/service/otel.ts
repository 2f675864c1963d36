/**
 * Tracing, started before anything else: `node --import ./dist/libs/service/otel.js main.js`. Only where
 * OTEL_EXPORTER_OTLP_ENDPOINT is set is the SDK loaded at all; without it every span is a no-op of
 * `@opentelemetry/api`, and nothing is patched.
 */
const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? '';
const tracing = endpoint === '' ? undefined : (await import('./otel-sdk.ts')).startTracing();

/** Sends the spans that wait, then ends the exporter. The rejection of an exporter that can't send comes through. */
export async function stopTracing(): Promise<void> {
  await tracing?.shutdown();
}
