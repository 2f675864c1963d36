/** The other side of webhooks, in a process of its own: HTTP servers on loopback, one of which may be slow. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { answerParent } from '../tasks/process.ts';
import { Arrivals, type Sample } from './arrivals.ts';

export type ReceiversOrder =
  /** Answers with a port for each; the last one is the slow one. */
  | { readonly do: 'listen'; readonly count: number }
  /** How soon the last one answers from now on. */
  | { readonly do: 'slow'; readonly ms: number | 'never' }
  /** Forgets latencies, and counts the slow one's connections anew. */
  | { readonly do: 'begin' }
  /** Answers with how many different deliveries the healthy ones have got in all. */
  | { readonly do: 'count' }
  | { readonly do: 'report' };

export interface ReceiversReport {
  /** Deliveries that came again, over all. */
  readonly repeated: number;
  /** Of the healthy ones since `begin`: from the event's time to its arrival, in milliseconds. */
  readonly latenciesMs: Float64Array;
  /** Connections that the last one had open at the same time since `begin`. */
  readonly slowConnections: number;
  readonly samples: readonly Sample[];
}

const receivers: Arrivals[] = [];
const waiting = new Set<NodeJS.Timeout>();
let slow: number | 'never' = 0;
let [connections, most] = [0, 0];

const healthy = (): Arrivals[] => receivers.slice(0, -1);

async function listen(index: number, isLast: boolean): Promise<number> {
  const arrivals = new Arrivals(index);
  receivers.push(arrivals);
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      arrivals.add(request.headers, Buffer.concat(chunks), Date.now());
      if (!isLast || slow === 0) return response.writeHead(204).end();
      if (slow === 'never') return;
      const timer = setTimeout(() => {
        waiting.delete(timer);
        response.writeHead(204).end();
      }, slow);
      waiting.add(timer);
    });
  });
  // A receiver that closes a connection in the instant of its next use would be measured as a failure of ours.
  server.keepAliveTimeout = 120_000;
  server.requestTimeout = 0;
  if (isLast) {
    server.on('connection', (socket) => {
      most = Math.max(most, ++connections);
      socket.once('close', () => connections--);
    });
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

answerParent(async (order: ReceiversOrder) => {
  switch (order.do) {
    case 'listen': {
      const ports: number[] = [];
      for (let index = 0; index < order.count; index++)
        ports.push(await listen(index, index === order.count - 1));
      return ports;
    }
    case 'slow':
      slow = order.ms;
      return;
    case 'begin':
      for (const arrivals of receivers) arrivals.begin();
      most = connections;
      return;
    case 'count':
      return healthy().reduce((sum, { size }) => sum + size, 0);
    case 'report': {
      return {
        repeated: receivers.reduce((sum, { repeated }) => sum + repeated, 0),
        latenciesMs: Float64Array.from(healthy().flatMap(({ latenciesMs }) => latenciesMs)),
        slowConnections: most,
        samples: healthy().flatMap(({ samples }) => samples),
      } satisfies ReceiversReport;
    }
    default:
      order satisfies never;
  }
});
