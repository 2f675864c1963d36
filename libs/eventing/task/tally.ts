import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../bus.ts';
import { directPages, leaderGet, type RawMessage } from '../direct-get.ts';

const PAGE = 1000;
/** How long a replica is given to come by what it lacks, before it, or another one, is asked again. */
const LAG_MS = 20;

export interface Count {
  readonly all: number;
  /** Of them those that are marked. */
  readonly marked: number;
}

export interface TallyOptions {
  readonly bus: Bus;
  readonly stream: string;
  /** Of subjects that get one message each, which stays. */
  readonly filter: string;
  readonly isMarked: (message: RawMessage) => boolean | Promise<boolean>;
}

/**
 * Counts the messages under a filter: reads on from where it stopped, so all of them are read once however often they are
 * counted, some 20,000 a second.
 */
export class Tally {
  readonly #options: TallyOptions;
  #upTo = 0;
  #count: Count = { all: 0, marked: 0 };

  constructor(options: TallyOptions) {
    this.#options = options;
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
  async countTo(seq: number): Promise<Count> {
    const { bus, stream, filter } = this.#options;
    for (;;) {
      const place = { seq: this.#upTo + 1, subject: filter, batch: PAGE };
      for await (const messages of directPages(bus, stream, place)) await this.#add(messages);
      if (this.#upTo >= seq) return this.#count;
      const next = { seq: this.#upTo + 1, next_by_subj: filter };
      if ((await leaderGet(bus, stream, next)) === undefined) return this.#count;
      await delay(LAG_MS);
    }
  }

  /** All of a page or, when one of its messages cannot be read, nothing. */
  async #add(messages: readonly RawMessage[]): Promise<void> {
    let { all, marked } = this.#count;
    for (const message of messages) {
      all++;
      if (await this.#options.isMarked(message)) marked++;
    }
    this.#count = { all, marked };
    this.#upTo = messages.at(-1)?.seq ?? this.#upTo;
  }
}
