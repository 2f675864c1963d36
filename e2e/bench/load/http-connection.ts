import { connect, type Socket } from 'node:net';

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: *(\d+)/i;

/** The server ended or broke the connection, or answered with what this client can't read. */
export class ConnectionFailed extends Error {
  override readonly name = 'ConnectionFailed';
}

/**
 * One keep-alive connection of HTTP/1.1 with one request under way at most. Of an answer it learns the status and
 * where it ends (by Content-Length), and nothing else: on a machine that runs the servers too, a client that
 * understood more would be part of what is measured.
 */
export class HttpConnection {
  readonly #socket: Socket;
  #answered: ((status: number) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #head: Buffer | undefined;
  #bodyLeft = 0;
  #status = 0;
  #broken: Error | undefined;

  constructor(port: number, host: string) {
    this.#socket = connect({ port, host, noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#break(error));
    this.#socket.on('close', () => this.#break(new ConnectionFailed('the server closed the connection')));
  }

  get usable(): boolean {
    return this.#broken === undefined;
  }

  /** Sends a whole request, its bytes as a latin1 string; `answered` or `failed` is called once. */
  send(request: string, answered: (status: number) => void, failed: (error: Error) => void): void {
    if (this.#broken) return failed(this.#broken);
    this.#answered = answered;
    this.#failed = failed;
    this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#bodyLeft > 0) return this.#takeBody(chunk.length);
    const head = this.#head ? Buffer.concat([this.#head, chunk]) : chunk;
    const end = head.indexOf(END_OF_HEAD);
    if (end < 0) {
      this.#head = head;
      return;
    }
    this.#head = undefined;
    const text = head.toString('latin1', 0, end);
    this.#status = Number(text.slice(9, 12));
    const length = LENGTH.exec(text)?.[1];
    if (length === undefined && this.#status !== 204) {
      this.#socket.destroy(new ConnectionFailed(`an answer ${this.#status} without Content-Length`));
      return;
    }
    this.#bodyLeft = Number(length ?? 0);
    this.#takeBody(head.length - end - END_OF_HEAD.length);
  }

  #takeBody(bytes: number): void {
    this.#bodyLeft -= bytes;
    if (this.#bodyLeft > 0) return;
    if (this.#bodyLeft < 0) {
      this.#socket.destroy(new ConnectionFailed('more came than was asked for'));
      return;
    }
    const answered = this.#answered;
    this.#answered = this.#failed = undefined;
    answered?.(this.#status);
  }

  #break(error: Error): void {
    this.#broken ??= error;
    const failed = this.#failed;
    this.#answered = this.#failed = undefined;
    failed?.(error);
  }
}
