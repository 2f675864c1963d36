import { Agent } from 'undici';
import { readCidrs } from './address.ts';
import { guardedConnector } from './connector.ts';
import { discard } from './discard.ts';
import { EgressFailed, EgressRefused } from './errors.ts';
import { readAtMost } from './read-at-most.ts';
import { createResolve, type Resolve } from './resolve.ts';
import { checkTarget } from './target.ts';

export interface EgressOptions {
  /** Networks that may be reached though they are not public, over http too: `WEBHOOK_ALLOW_CIDRS`. */
  readonly allowCidrs?: readonly string[];
  /** http to public addresses. */
  readonly allowHttp?: boolean;
  /** Until a connection is open, with DNS and TLS. */
  readonly connectMs?: number;
  /** Until there is an answer, all in all. */
  readonly totalMs?: number;
  /** How long, within that, the body of an answer that is no 2xx is waited for; what has not come by then is left out. */
  readonly bodyMs?: number;
  /** How long the body of a 2xx may hold its connection, which is ended then. */
  readonly discardMs?: number;
  /** How much of the body of an answer that is no 2xx is read. */
  readonly maxResponseBytes?: number;
  /** Open at the same time to one origin, for one endpoint. */
  readonly maxConnections?: number;
  /** The edge of the network, for specs. */
  readonly resolve?: Resolve;
}

export interface EgressRequest {
  /** Whose connections are used: those of one endpoint never wait for those of another, even on the same host. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Ends the request; it is rejected with the signal's reason, unless the status is known: then the body is cut. */
  readonly signal?: AbortSignal;
  /** Less time than other requests have. */
  readonly totalMs?: number;
}

export interface EgressResponse {
  readonly status: number;
  /** Names in lower case; values that came more than once are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most `maxResponseBytes`, as they came: nothing is decompressed. Null of a 2xx, which says it all by its status. */
  readonly body: Buffer | null;
  /** Whether it is not the whole body: there was more, or the rest did not come, or it was not waited for. */
  readonly truncated: boolean;
}

/**
 * Requests to URLs that strangers chose. They reach public addresses over https, and what the operator allows beside
 * that; redirects are answers like any other and never followed; time, memory and sockets are bounded.
 */
export interface Egress {
  /** The URL as it will be used. @throws EgressRefused when no request would be sent to it, as far as can be told without DNS */
  check(url: string): URL;
  /**
   * Gives what was answered as soon as that is known: a 2xx with its headers, whatever becomes of the body; of others the
   * beginning of the body is waited for. Once there is a status, nothing of the body makes it a failure.
   *
   * @throws EgressRefused @throws EgressFailed @throws what `signal` was aborted with
   */
  post(url: string, request: EgressRequest): Promise<EgressResponse>;
  /** How many endpoints have connections, open or idle. */
  readonly endpoints: number;
  /** Ends all connections, and the requests on them. */
  close(): Promise<void>;
}

/** Idle connections are closed after the first, or when the server says so, but never later than the second. */
const IDLE = { keepAliveTimeout: 4_000, keepAliveMaxTimeout: 10_000 };

/** @throws TypeError when an allowed network is not written as one */
export function createEgress(options: EgressOptions = {}): Egress {
  const { totalMs: mostMs = 15_000, bodyMs = 2_000, discardMs = 250 } = options;
  const { maxResponseBytes = 64 * 1024, maxConnections = 4 } = options;
  const rules = { allowed: readCidrs(options.allowCidrs ?? []), allowHttp: options.allowHttp ?? false };
  const connect = guardedConnector(rules, options.resolve ?? createResolve(), options.connectMs ?? 5_000);
  const agents = new Map<string, Agent>();

  function agentOf(endpoint: string): Agent {
    const existing = agents.get(endpoint);
    if (existing) return existing;
    // The two timeouts are for the pauses between bytes; one deadline for all of it bounds them as well.
    const limits = { connections: maxConnections, headersTimeout: 0, bodyTimeout: 0, ...IDLE };
    const agent = new Agent({ connect, allowH2: false, pipelining: 1, ...limits });
    const forgetIdle = (): void => {
      if (agents.get(endpoint) === agent && Object.keys(agent.stats).length === 0) agents.delete(endpoint);
    };
    agent.on('disconnect', forgetIdle).on('connectionError', forgetIdle);
    agents.set(endpoint, agent);
    return agent;
  }

  async function post(text: string, request: EgressRequest): Promise<EgressResponse> {
    const url = checkTarget(text, rules);
    const { endpoint, headers, body, signal } = request;
    const totalMs = Math.min(request.totalMs ?? mostMs, mostMs);
    const deadline = new AbortController();
    const timers = [setTimeout(() => deadline.abort(), totalMs)];
    try {
      const answer = await agentOf(endpoint).request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'POST',
        headers,
        body,
        signal: signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal,
      });
      const told = { status: answer.statusCode, headers: joined(answer.headers) };
      if (told.status >= 200 && told.status < 300) {
        discard(answer.body, discardMs);
        return { ...told, body: null, truncated: true };
      }
      timers.push(setTimeout(() => deadline.abort(), bodyMs));
      return { ...told, ...(await readAtMost(answer.body, maxResponseBytes)) };
    } catch (error) {
      if (error instanceof EgressRefused) throw error;
      signal?.throwIfAborted();
      if (deadline.signal.aborted)
        throw new EgressFailed('TIMEOUT', `no answer from ${url.host} within ${totalMs} ms`, error);
      const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';
      throw new EgressFailed(code, `no answer from ${url.host}: ${code}`, error);
    } finally {
      timers.forEach(clearTimeout);
    }
  }

  return {
    check: (url) => checkTarget(url, rules),
    post,
    get endpoints() {
      return agents.size;
    },
    async close() {
      await Promise.all(Array.from(agents.values(), (agent) => agent.destroy()));
      agents.clear();
    },
  };
}

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}
