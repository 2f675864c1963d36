import { createWriteStream, openSync, renameSync, rmSync, statSync, type WriteStream } from 'node:fs';

/** A file of lines that is set aside when it has grown to `limitBytes`: `x.log` becomes `x.log.1`, that `x.log.2`, and so on. */
export class LogFile {
  readonly #path: string;
  readonly #limitBytes: number;
  readonly #kept: number;
  #stream: WriteStream;
  #bytes: number;

  constructor(path: string, { limitBytes = 10 * 1024 ** 2, kept = 3 } = {}) {
    this.#path = path;
    this.#limitBytes = limitBytes;
    this.#kept = kept;
    this.#bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    this.#stream = this.#open();
  }

  write(line: string): void {
    const text = `${line}\n`;
    const length = Buffer.byteLength(text);
    if (this.#bytes > 0 && this.#bytes + length > this.#limitBytes) this.#rotate();
    this.#bytes += length;
    this.#stream.write(text);
  }

  /** Resolves when everything is written. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(resolve));
  }

  /** Opened at once, so that a rename right after it moves this very file. */
  #open(): WriteStream {
    const stream = createWriteStream(this.#path, { fd: openSync(this.#path, 'a', 0o600) });
    // A full disk must not end the system that it is reported by; the lines are on the console too.
    stream.on('error', () => undefined);
    return stream;
  }

  /** What the old stream still holds goes on into the renamed file: a rename does not move an open descriptor. */
  #rotate(): void {
    rmSync(`${this.#path}.${this.#kept}`, { force: true });
    for (let n = this.#kept - 1; n >= 0; n--) {
      const from = n === 0 ? this.#path : `${this.#path}.${n}`;
      if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${this.#path}.${n + 1}`);
    }
    this.#stream.end();
    this.#stream = this.#open();
    this.#bytes = 0;
  }
}
