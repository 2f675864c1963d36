import { z } from 'zod';
import { v7 as uuid } from 'uuid';
import { BatchPublisher } from '#eventing/batch-publisher';
import type { Bus } from '#eventing/bus';
import { directLast, directPages, type RawMessage } from '#eventing/direct-get';
import { jetStream } from '#eventing/jetstream-api';
import { TASK_STREAMS } from '#eventing/streams';

/** What is to be tried again, by ids. */
const Retry = z.object({
  source: z.enum(['log', 'tasks']),
  seq: z.int().positive(),
  cause: z.enum(['retry', 'redelivery']),
  /** The number of the attempt that is due. */
  attempt: z.int().positive(),
  /** Of an ordered endpoint: the subject whose later events wait behind this one. */
  lane: z.string().nullable(),
});
export type Retry = z.infer<typeof Retry>;

export const RETRY_STREAM = TASK_STREAMS.high;

/** Where the retries of one endpoint arrive when they are due. */
export const retrySubject = (webhook: string): string => `task.high.webhook-retry.${webhook}`;

const scheduleOf = (webhook: string): string => `sched.high.webhook-retry.${webhook}`;
const READ = 1_000;

/** Attempts that are due later: the server keeps them, and hands each out when its time has come. */
export class Retries {
  readonly #bus: Bus;
  readonly #publisher: BatchPublisher;

  constructor(bus: Bus) {
    this.#bus = bus;
    this.#publisher = new BatchPublisher({ bus, stream: RETRY_STREAM });
  }

  /** Resolves when it is durable. A second one of the same name takes the place of the first. */
  async schedule(webhook: string, name: string, retry: Retry, at: Date): Promise<void> {
    await this.#publisher.publish({
      subject: `${scheduleOf(webhook)}.${name}`,
      headers:
        `Nats-Schedule: @at ${at.toISOString()}\r\nNats-Schedule-Target: ${retrySubject(webhook)}\r\n` +
        `Nats-Msg-Id: ${uuid()}\r\n`,
      payload: Buffer.from(JSON.stringify(retry)),
    });
  }

  /** Due at once; asked for twice under one id, it is made once. */
  async now(webhook: string, id: string, retry: Retry): Promise<void> {
    await this.#publisher.publish({
      subject: retrySubject(webhook),
      headers: `Nats-Msg-Id: ${webhook}.${id}\r\n`,
      payload: Buffer.from(JSON.stringify(retry)),
    });
  }

  /** Forgets what is scheduled under a name; what has come due already is not called back. */
  async cancel(webhook: string, name: string): Promise<void> {
    const filter = `${scheduleOf(webhook)}.${name}`;
    // Mostly there is none, and to look costs less than to purge.
    if ((await directLast(this.#bus, RETRY_STREAM, filter)) === undefined) return;
    await jetStream(this.#bus, `STREAM.PURGE.${RETRY_STREAM}`, { filter });
  }

  /** All that wait for an endpoint, those that are due included. */
  async waiting(webhook: string): Promise<Retry[]> {
    // In this order one that comes due meanwhile is seen twice and not missed.
    return [...(await this.#read(`${scheduleOf(webhook)}.*`)), ...(await this.#read(retrySubject(webhook)))];
  }

  /** Forgets what waits for an endpoint. */
  async purge(webhook: string): Promise<void> {
    for (const filter of [`${scheduleOf(webhook)}.*`, retrySubject(webhook)])
      await jetStream(this.#bus, `STREAM.PURGE.${RETRY_STREAM}`, { filter });
  }

  drain(): Promise<void> {
    return this.#publisher.drain();
  }

  async #read(filter: string): Promise<Retry[]> {
    const found: Retry[] = [];
    const place = { seq: 1, subject: filter, batch: READ };
    for await (const messages of directPages(this.#bus, RETRY_STREAM, place))
      found.push(...messages.map(parseRetry));
    return found;
  }
}

export const parseRetry = ({ payload }: Pick<RawMessage, 'payload'>): Retry =>
  Retry.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
