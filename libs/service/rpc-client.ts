import { Problem } from '#contracts/errors';
import type { RpcDefinition } from '#contracts/rpc';
import type { Bus } from '#eventing/bus';
import { BusError } from '#eventing/bus-error';
import { Histogram } from 'prom-client';
import type { z } from 'zod';
import { endSpan, startCall } from './rpc-tracing.ts';
import { problemOf, type AnswerPacket, type RequestPacket } from './rpc-wire.ts';

const seconds = new Histogram({
  name: 'formbus_rpc_client_seconds',
  help: 'Time from a call to its answer, by subject and outcome (`ok` or an error code)',
  labelNames: ['subject', 'code'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});

/** More than a command's deadline on the other side, so that the caller learns what became of it. */
const DEFAULT_TIMEOUT_MS = 7_000;

/**
 * Calls other services over NATS request/reply, in Nest's wire format but on the bus's own inbox: Nest's client
 * makes and drops a subscription for each request, which was measured at twice the CPU.
 *
 * Every failure is a {@link Problem}:
 * - what the other side threw, as it threw it
 * - `bus_unavailable` at once while there is no connection; nothing is queued for later
 * - `service_unavailable` at once when nobody serves the subject
 * - an answer that did not come in time, or whose connection was lost meanwhile: `outcome_unknown` for a command,
 *   `service_unavailable` or `bus_unavailable` for a query
 */
export class RpcClient {
  readonly #bus: Pick<Bus, 'connected' | 'request'>;

  constructor(bus: Pick<Bus, 'connected' | 'request'>) {
    this.#bus = bus;
  }

  async call<Request extends z.ZodObject, Response extends z.ZodType>(
    rpc: RpcDefinition<Request, Response>,
    request: z.input<Request>,
    { timeoutMs = DEFAULT_TIMEOUT_MS }: { timeoutMs?: number } = {},
  ): Promise<z.output<Response>> {
    const stop = seconds.startTimer({ subject: rpc.subject });
    const { span, carried } = startCall(rpc.subject);
    let code = 'ok';
    try {
      if (!this.#bus.connected) throw busUnavailable();
      const packet: RequestPacket = { pattern: rpc.subject, data: request, id: '0' };
      const payload = Buffer.from(JSON.stringify(packet));
      const reply = await this.#bus.request(rpc.subject, payload, {
        timeoutMs,
        ...(carried && { headers: carried }),
      });
      const answer = reply.json<AnswerPacket>();
      if (answer.err !== undefined && answer.err !== null) throw problemOf(answer.err);
      return answer.response as z.output<Response>; // its owner wrote it; types hold it to the contract
    } catch (error) {
      const problem = problemFrom(error, rpc);
      code = problem.code;
      throw problem;
    } finally {
      stop({ code });
      endSpan(span, code);
    }
  }
}

const busUnavailable = (cause?: unknown): Problem =>
  new Problem('bus_unavailable', undefined, { retryAfter: 1, cause });

function problemFrom(error: unknown, rpc: RpcDefinition): Problem {
  if (error instanceof BusError) return unanswered(error, rpc);
  if (error instanceof Problem) return error;
  return new Problem('internal', undefined, { cause: error }); // too large to send, or an answer that is not JSON
}

/** What no answer means to the caller: whether the request may have been carried out. */
function unanswered(error: BusError, { subject, kind }: RpcDefinition): Problem {
  const options = { retryAfter: 1, cause: error };
  switch (error.failure) {
    case 'no_responders':
      return new Problem('service_unavailable', `No instance serves ${subject}.`, options);
    case 'forbidden':
      return new Problem('internal', undefined, { cause: error });
    case 'timeout':
      return kind === 'command'
        ? new Problem('outcome_unknown', undefined, options)
        : new Problem('service_unavailable', `${subject} did not answer in time.`, options);
    case 'disconnected':
    case 'closed':
      return kind === 'command' ? new Problem('outcome_unknown', undefined, options) : busUnavailable(error);
  }
}
