import { collectDefaultMetrics, register } from 'prom-client';

/** What an internal server shows under /metrics. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

let collecting = false;

/**
 * prom-client's default registry with the process's own metrics (CPU, memory, event loop delay, garbage
 * collection), every sample labelled with the service. Called once by each process; calling it again changes only
 * the label.
 */
export function processMetrics(service: string): MetricsSource {
  register.setDefaultLabels({ service });
  if (!collecting) {
    collecting = true;
    collectDefaultMetrics();
  }
  return { contentType: register.contentType, text: () => register.metrics() };
}
