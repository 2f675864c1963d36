import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A server on loopback that counts who connects, whether or not a request follows. */
export class LoopbackServer {
  readonly port: number;
  /** Connections so far, and the most that were open at the same time. */
  connections = 0;
  mostOpen = 0;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.#open.add(socket);
      this.mostOpen = Math.max(this.mostOpen, this.#open.size);
      socket.on('error', () => undefined).on('close', () => this.#open.delete(socket));
    });
  }

  /** Answers with `listener`, or as `server` does. */
  static async start(listener: RequestListener | Server): Promise<LoopbackServer> {
    const server = typeof listener === 'function' ? createServer(listener) : listener;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LoopbackServer(server);
  }

  get open(): number {
    return this.#open.size;
  }

  url(host = '127.0.0.1'): string {
    return `http://${host}:${this.port}/hook?a=b`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
