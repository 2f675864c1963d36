import { listForms } from '#contracts/form/form.rpc';
import { listEventTypes } from '#contracts/webhook/webhook.rpc';
import { BusError } from '#eventing/bus-error';
import type { Bus } from '#eventing/bus';
import type { Places } from './places.ts';

/** Whether a service is there to answer. */
export interface ServiceStatus {
  readonly service: string;
  /** `slow`: it is there and did not answer in time. */
  readonly state: 'answers' | 'slow' | 'away';
  /** Milliseconds until the answer. */
  readonly tookMs: number | null;
}

/** Of each service one query, that it refuses for being empty: an answer all the same. */
const QUERIES = { forms: listForms, notifier: listEventTypes } as const;
const TIMEOUT_MS = 3000;

/** Every service, asked where it answers: the gateway at its address, the others on the bus. */
export async function serviceStatuses(bus: Bus, { gateway }: Places): Promise<readonly ServiceStatus[]> {
  return await Promise.all([
    ...(gateway === undefined ? [] : [gatewayStatus(gateway.url)]),
    ...Object.entries(QUERIES).map(([service, { subject }]) => serviceStatus(bus, service, subject)),
  ]);
}

async function gatewayStatus(url: string): Promise<ServiceStatus> {
  const asked = performance.now();
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    await fetch(`${url}/v1/workspace`, { signal }).then((response) => response.body?.cancel());
    return { service: 'gateway', state: 'answers', tookMs: since(asked) };
  } catch (error) {
    const state = (error as Error).name === 'TimeoutError' ? 'slow' : 'away';
    return { service: 'gateway', state, tookMs: null };
  }
}

async function serviceStatus(bus: Bus, service: string, subject: string): Promise<ServiceStatus> {
  const asked = performance.now();
  try {
    const request = Buffer.from(JSON.stringify({ id: 'status', pattern: subject, data: {} }));
    await bus.request(subject, request, { timeoutMs: TIMEOUT_MS });
    return { service, state: 'answers', tookMs: since(asked) };
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    return { service, state: error.failure === 'timeout' ? 'slow' : 'away', tookMs: null };
  }
}

const since = (start: number): number => Math.round(performance.now() - start);
