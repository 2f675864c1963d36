import type { Bus } from '#eventing/bus';
import type { HeldMessage } from '#eventing/delivery';
import { directPages } from '#eventing/direct-get';
import { deleteDurable } from '#eventing/durable';
import { Feed, type FeedOptions } from '#eventing/feed';
import { EVENTS_STREAM, TASK_EVENTS_STREAM } from '#eventing/streams';
import type { WebhookRecord } from '../webhook/webhook.fold.ts';
import { Courier, type CourierDependencies, type Outcome } from './courier.ts';
import type { EventFinder } from './event-finder.ts';
import { refOfLog, refOfTask, type EventRef } from './event-ref.ts';
import { Gate } from './gate.ts';
import { Health } from './health.ts';
import { insist } from './insist.ts';
import { Lanes } from './lanes.ts';
import { parseRetry, retrySubject, RETRY_STREAM, type Retry } from './retries.ts';
import { isSubscribed, logFilters, taskFilter, wantsTasks } from './subscribed.ts';

export interface EndpointDependencies extends CourierDependencies {
  readonly bus: Bus;
  readonly events: EventFinder;
}

/** One event on its way to the endpoint. */
interface Job {
  readonly held: HeldMessage;
  readonly event: EventRef;
  readonly cause: 'event' | Retry['cause'];
  readonly attempt: number;
  /** Of an ordered endpoint: what it must not overtake. */
  readonly lane: string | null;
  /** It is the event that its lane waits for. */
  readonly resumes: boolean;
}

/** What became of an event whose retry came due after its type or form was taken out of the settings. */
const UNSUBSCRIBED = { code: 'unsubscribed', detail: 'the webhook does not want such events any more' };
/** Requests at the same time to one endpoint. */
export const WIDTH = 8;
/** When a lane goes on whose endpoint was closed in the middle of it. */
const SOON_MS = 5_000;
const STOP_MS = 5_000;
const READ = 100;

/** The durable consumers of an endpoint, in each stream that it gets something from. */
export const DURABLE_PREFIX = 'webhook-';
export const durableOf = (webhook: string): string => `${DURABLE_PREFIX}${webhook}`;

/**
 * Delivers to one endpoint: what the log holds for it, the ends of tasks, and what is due again. All that it uses is its
 * own, consumers, slots, connections, breaker, so nothing that it does is felt by another.
 */
export class EndpointDelivery {
  readonly #deps: EndpointDependencies;
  readonly #gate = new Gate({ width: WIDTH, onOpen: () => this.#flow() });
  readonly #lanes = new Lanes();
  readonly #stopping = new AbortController();
  readonly #abort = new AbortController();
  readonly #aborted: AbortSignal;
  readonly #courier: Courier;
  readonly #feeds: Feed[] = [];
  readonly #active = new Set<Promise<void>>();
  readonly #queue: Job[] = [];
  #record: WebhookRecord;
  #slotsInUse = 0;

  /** `lost`: another process delivers already, so all that is under way is left to it at once. */
  constructor(record: WebhookRecord, deps: EndpointDependencies, lost: AbortSignal) {
    this.#record = record;
    this.#deps = deps;
    this.#aborted = AbortSignal.any([this.#abort.signal, lost]);
    this.#courier = new Courier(deps, this.#gate, new Health(record.failingSince), this.#aborted);
  }

  get record(): WebhookRecord {
    return this.#record;
  }

  /** Takes over what needs no other consumers. */
  update(record: WebhookRecord): void {
    this.#record = record;
  }

  async start(): Promise<void> {
    const { id, createdSeq, updatedAt, settings } = this.#record;
    const { retries, events } = this.#deps;
    const { epochs } = events;
    const durable = durableOf(id);
    // One that keeps no order any more still has lanes that wait, with what they hold back.
    const blocked = firstOfLanes(await retries.waiting(id));
    for (const [lane, seq] of blocked) this.#lanes.block(lane, seq);
    const log = this.#feed({
      ...{ stream: EVENTS_STREAM, durable, filters: logFilters(this.#record), from: { after: createdSeq } },
      headersOnly: true,
      take: (held) => this.#takeEvent(held, () => refOfLog(held.message, epochs.log)),
    });
    this.#lanes.sawAll(await log.start({ rewind: settings.ordered || blocked.size > 0 }));
    if (wantsTasks(this.#record)) {
      const tasks = this.#feed({
        ...{
          stream: TASK_EVENTS_STREAM,
          durable,
          filters: [taskFilter(this.#record)],
          from: { since: updatedAt },
        },
        take: (held) => this.#takeEvent(held, () => refOfTask(held.message, epochs.tasks)),
      });
      await tasks.start();
    } else {
      await deleteDurable(this.#deps.bus, TASK_EVENTS_STREAM, durable);
    }
    const due = this.#feed({
      ...{ stream: RETRY_STREAM, durable, filters: [retrySubject(id)], from: 'beginning' },
      take: (held) => this.#run(this.#takeRetry(held)),
    });
    await due.start();
  }

  /** Takes nothing more, waits a while for what is under way, and gives back the rest. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#gate.close();
    await Promise.all(this.#feeds.map((feed) => feed.stop()));
    const late = setTimeout(() => this.#abort.abort(), STOP_MS);
    for (const { held } of this.#queue.splice(0)) this.#run(this.#giveBack(held));
    while (this.#active.size > 0) await Promise.all(this.#active);
    clearTimeout(late);
  }

  #feed(options: Omit<FeedOptions, 'bus' | 'window'>): Feed {
    const window = (): number => {
      // A probe is one; else there is something to begin with when a slot gets free.
      const { allowed } = this.#gate;
      return allowed > 1 ? 2 * allowed : allowed;
    };
    const take = (held: HeldMessage): void => {
      if (this.#stopping.signal.aborted) this.#run(this.#giveBack(held));
      else options.take(held);
    };
    const feed = new Feed({ ...options, take, window, bus: this.#deps.bus });
    this.#feeds.push(feed);
    return feed;
  }

  #takeEvent(held: HeldMessage, read: () => EventRef | undefined): void {
    const event = this.#readable(read);
    if (event === undefined || !isSubscribed(this.#record, event)) return held.ackSoon();
    const lane = this.#record.settings.ordered ? event.subject : null;
    this.#queue.push({ held, event, cause: 'event', attempt: 1, lane, resumes: false });
    this.#flow();
  }

  async #takeRetry(held: HeldMessage): Promise<void> {
    try {
      const due = this.#readable(() => parseRetry(held.message));
      const retry = due && (await this.#current(due));
      if (retry === undefined) return held.ackSoon();
      if (retry === 'later') return await held.retry(SOON_MS);
      const { source, seq, cause, attempt, lane } = retry;
      const event = await this.#insist('an event cannot be read', () => this.#deps.events.find(source, seq));
      // A task's end may have expired.
      if (event === undefined) return held.ackSoon();
      this.#queue.push({ held, event, cause, attempt, lane, resumes: lane !== null });
      this.#flow();
    } catch (error) {
      await this.#giveBack(held);
      throw error;
    }
  }

  /** Undefined for what cannot be read, ever: it would only come again. */
  #readable<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.#deps.logger.error({ err: error }, 'a message for a webhook cannot be read and is left out');
      return undefined;
    }
  }

  /**
   * What a retry that came due stands for. Undefined when its lane has left it behind. A deliverer that lost the lease may
   * have put its own in the place of the one that the lane waits for: then it is that one which is due.
   */
  async #current(due: Retry): Promise<Retry | 'later' | undefined> {
    const { lane, seq } = due;
    if (lane === null) return due;
    const waitsFor = this.#lanes.waitsFor(lane);
    if (waitsFor === seq) return due;
    if (waitsFor === undefined) {
      if (this.#lanes.hasPassed(lane, seq)) return undefined;
      if (this.#lanes.isBusy(lane)) return 'later';
      this.#lanes.block(lane, seq);
      return due;
    }
    this.#lanes.holdsBack(lane, seq);
    if (this.#lanes.isBusy(lane)) return 'later';
    const { retries } = this.#deps;
    const waiting = await this.#insist('retries cannot be read', () => retries.waiting(this.#record.id));
    if (waiting.some((other) => other.lane === lane && other.seq === waitsFor)) return undefined;
    return this.#lanes.isBusy(lane) ? 'later' : { ...due, seq: waitsFor };
  }

  /** Begins as many attempts as there are slots, and fetches what can be begun next. */
  #flow(): void {
    while (
      !this.#stopping.signal.aborted &&
      !this.#aborted.aborted &&
      this.#slotsInUse < this.#gate.allowed
    ) {
      const next = this.#queue.findIndex(({ lane }) => lane === null || !this.#lanes.isBusy(lane));
      const [job] = next < 0 ? [] : this.#queue.splice(next, 1);
      if (job === undefined) break;
      const { held, event, lane, resumes } = job;
      if (resumes && lane !== null && this.#lanes.waitsFor(lane) !== event.seq)
        this.#run(this.#giveBack(held)); // the lane went on meanwhile
      else if (!resumes && lane !== null && this.#lanes.holdsBack(lane, event.seq)) held.ackSoon();
      else this.#run(this.#do(job));
    }
    for (const feed of this.#feeds) feed.fill();
  }

  /** Keeps what is under way in sight. It must not reject but for being aborted: then the message comes again. */
  #run(work: Promise<void>): void {
    const running = work
      .catch((error: unknown) => {
        if (!this.#aborted.aborted) this.#deps.logger.error({ err: error }, 'a delivery came to nothing');
      })
      .finally(() => this.#active.delete(running));
    this.#active.add(running);
  }

  async #do(job: Job): Promise<void> {
    const { held, lane } = job;
    this.#slotsInUse++;
    if (lane !== null) this.#lanes.enter(lane);
    let holdsSlot = true;
    const freeSlot = (): void => {
      if (!holdsSlot) return;
      holdsSlot = false;
      this.#slotsInUse--;
      this.#flow();
    };
    try {
      // A lane that goes on may have more to send.
      const outcome = await this.#attempt(job, job.resumes ? () => undefined : freeSlot);
      if (outcome === 'closed' && this.#stopping.signal.aborted) await this.#giveBack(held);
      else if (outcome === 'closed') this.#queue.unshift(job);
      else {
        if (lane !== null) await this.#afterwards(lane, outcome);
        // Were it lost, the delivery would be repeated with its id: that is what the id is for.
        held.ackSoon();
      }
    } catch (error) {
      // It is this event that comes again, however far the lane went on behind it.
      if (lane !== null && job.resumes) this.#lanes.block(lane, job.event.seq);
      await this.#giveBack(held);
      throw error;
    } finally {
      if (lane !== null) this.#lanes.leave(lane);
      freeSlot();
      this.#flow();
    }
  }

  #attempt(
    { event, cause, attempt, lane }: Omit<Job, 'held' | 'resumes'>,
    answered: () => void,
  ): Promise<Outcome> {
    const waits = (): void => {
      if (lane !== null) this.#lanes.block(lane, event.seq);
    };
    const errand = { event, cause, attempt, lane, answered, waits };
    // What somebody asked for by hand is sent, whatever the settings say.
    if (cause === 'redelivery' || isSubscribed(this.#record, event))
      return this.#courier.attempt(() => this.#record, errand);
    return this.#courier.end(this.#record, errand, UNSUBSCRIBED);
  }

  /** An event of a lane has been tried: when nothing waits for a retry, what waited behind it is sent. */
  async #afterwards(lane: string, outcome: Outcome): Promise<void> {
    if (outcome === 'waits') return;
    for (let rest = this.#lanes.rest(lane); rest !== undefined; rest = this.#lanes.rest(lane)) {
      const event = await this.#insist('a lane cannot be read', () => this.#nextOf(lane, rest));
      if (event === undefined) {
        if (this.#lanes.unblock(lane, rest.upTo)) return;
        continue;
      }
      this.#lanes.block(lane, event.seq);
      if (this.#stopping.signal.aborted) return this.#goOnSoon(lane, event);
      const next = { event, cause: 'event', attempt: 1, lane } as const;
      const tried = await this.#attempt(next, () => undefined);
      if (tried === 'waits') return;
      if (tried === 'closed') return this.#goOnSoon(lane, event);
    }
  }

  async #nextOf(
    lane: string,
    { after, upTo }: { after: number; upTo: number },
  ): Promise<EventRef | undefined> {
    const { bus, events } = this.#deps;
    if (after >= upTo) return undefined;
    const place = { seq: after + 1, subject: lane, batch: READ };
    for await (const messages of directPages(bus, EVENTS_STREAM, place)) {
      for (const message of messages) {
        if (message.seq > upTo) return undefined;
        const event = refOfLog(message, events.epochs.log);
        if (event !== undefined && isSubscribed(this.#record, event)) return event;
      }
      if (messages.at(-1)?.seq === upTo) return undefined;
    }
    return undefined;
  }

  /** The first attempt at an event of a lane, later: the endpoint is to be left alone, or another process goes on. */
  async #goOnSoon(lane: string, { seq, source }: EventRef): Promise<void> {
    const retry = { source, seq, cause: 'retry', attempt: 1, lane } as const;
    const at = new Date(Date.now() + SOON_MS);
    await this.#insist('a retry cannot be stored', () =>
      this.#courier.schedule(this.#record.id, '', retry, at),
    );
  }

  /** To whoever delivers next. That the server is away is no matter: it takes the message back by itself. */
  #giveBack(held: HeldMessage): Promise<void> {
    return held.retry(this.#stopping.signal.aborted ? 0 : SOON_MS).catch(() => undefined);
  }

  #insist<T>(trouble: string, work: () => Promise<T>): Promise<T> {
    return insist(trouble, work, { logger: this.#deps.logger, signal: this.#aborted });
  }
}

/** Where each lane waits: of several retries the earliest, so that nothing is passed over. */
function firstOfLanes(waiting: readonly Retry[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const { lane, seq } of waiting)
    if (lane !== null) first.set(lane, Math.min(seq, first.get(lane) ?? seq));
  return first;
}
