import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../bus.ts';
import { directPages, leaderGet } from '../direct-get.ts';

const PAGE = 1000;
/** How long a replica is given to come by what it lacks, before it, or another one, is asked again. */
const LAG_MS = 20;

/**
 * Counts the messages under a filter whose subjects get one message each, which stays: reads on from where it stopped, so
 * all of them are read once however often they are counted.
 */
export class Tally {
  readonly #bus: Bus;
  readonly #stream: string;
  readonly #filter: string;
  #upTo = 0;
  #count = 0;

  constructor(bus: Bus, stream: string, filter: string) {
    this.#bus = bus;
    this.#stream = stream;
    this.#filter = filter;
  }

  /** The sequence of the last message that was counted. */
  get upTo(): number {
    return this.#upTo;
  }

  /**
   * How many there are, with all up to `seq`, where one of them was stored. One caller at a time.
   *
   * Any replica may answer, also one that lags. One that gives a message has given all before it, so what was read up to
   * `seq` is whole; where nothing is given that far, the stream's leader knows whether there is more.
   */
  async countTo(seq: number): Promise<number> {
    for (;;) {
      const place = { seq: this.#upTo + 1, subject: this.#filter, batch: PAGE };
      for await (const messages of directPages(this.#bus, this.#stream, place)) {
        this.#count += messages.length;
        this.#upTo = messages.at(-1)?.seq ?? this.#upTo;
      }
      if (this.#upTo >= seq) return this.#count;
      const next = { seq: this.#upTo + 1, next_by_subj: this.#filter };
      if ((await leaderGet(this.#bus, this.#stream, next)) === undefined) return this.#count;
      await delay(LAG_MS);
    }
  }
}
