import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that a receiver got. */
export interface Received {
  readonly at: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** `webhook-id`. */
  readonly id: string;
  readonly data: {
    readonly id: string;
    readonly workspace: string;
    readonly form?: string;
    readonly submission?: string;
    readonly task?: string;
    readonly version: number;
    readonly position: string;
    readonly content?: Record<string, unknown>;
  };
  readonly type: string;
}

/** What a receiver answers to a request, by its number from 1 on. */
export type Answer = (response: ServerResponse, received: Received, count: number) => void;

export const answering =
  (status: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (response) =>
    response.writeHead(status, headers).end(body);

/** A webhook's other side: an HTTP server on loopback that keeps what it gets. */
export class Receiver {
  readonly received: Received[] = [];
  answer: Answer = answering(204);
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(answer?: Answer): Promise<Receiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const { type, data } = JSON.parse(body) as Pick<Received, 'type' | 'data'>;
        const id = String(request.headers['webhook-id']);
        const received = { at: performance.now(), headers: request.headers, body, id, type, data };
        receiver.received.push(received);
        receiver.answer(response, received, receiver.received.length);
      });
    });
    const receiver = new Receiver(server);
    if (answer) receiver.answer = answer;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** The submissions that were told of, in the order of the requests. */
  get submissions(): (string | undefined)[] {
    return this.received.map(({ data }) => data.submission);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
