import type { IncomingHttpHeaders } from 'node:http';

/** A delivery as it came, to be verified. */
export interface Sample {
  readonly receiver: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const SAMPLE_EVERY = 50;
const MOST_SAMPLES = 100;
/** `timestamp` of the body, found without parsing all of it: the receivers share two cores with what is measured. */
const TIMESTAMP = /"timestamp":"([^"]+)"/;

/** What one receiver has got. */
export class Arrivals {
  readonly samples: Sample[] = [];
  latenciesMs: number[] = [];
  repeated = 0;
  readonly #receiver: number;
  readonly #ids = new Set<string>();

  constructor(receiver: number) {
    this.#receiver = receiver;
  }

  /** Different deliveries. */
  get size(): number {
    return this.#ids.size;
  }

  add(headers: IncomingHttpHeaders, body: Buffer, at: number): void {
    const id = String(headers['webhook-id']);
    if (this.#ids.has(id)) {
      this.repeated++;
      return;
    }
    this.#ids.add(id);
    const text = body.toString('utf8');
    const time = TIMESTAMP.exec(text)?.[1];
    this.latenciesMs.push(time === undefined ? NaN : at - Date.parse(time));
    if (this.#ids.size % SAMPLE_EVERY === 1 && this.samples.length < MOST_SAMPLES) {
      this.samples.push({ receiver: this.#receiver, headers: plain(headers), body: text });
    }
  }

  /** Latencies count from now on. */
  begin(): void {
    this.latenciesMs = [];
  }
}

const plain = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
