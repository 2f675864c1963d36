import type { ConsumerInfo } from '@nats-io/jetstream';
import { taskSubject, type TaskDefinition } from '#contracts/task';
import type { Bus } from '../bus.ts';
import { directGet } from '../direct-get.ts';
import { ApiCode, isApiError, jetStream } from '../jetstream-api.ts';
import { TASK_STREAMS } from '../streams.ts';

/** What of one kind is to be done. */
export interface Backlog {
  /** Tasks that wait for a worker, those that are due later not among them. */
  readonly pending: number;
  /** Tasks in the hands of workers. */
  readonly running: number;
  readonly paused: boolean;
  /** Seconds since the oldest task was enqueued that is not done; 0 when there is none. */
  readonly oldestSeconds: number;
}

/** How it stands with one kind of task. */
export interface KindStatus extends Backlog {
  readonly kind: string;
  readonly tier: string;
  /** Tasks that are due later: delayed, recurring, or waiting for their next attempt. */
  readonly scheduled: number;
}

/** Until then a paused kind stays paused: until somebody resumes it. */
const FOR_EVER = '2200-01-01T00:00:00Z';

/** What operators ask and tell of kinds of tasks. */
export class TaskControl {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** The backlog, and what is due later. */
  async status(definition: TaskDefinition): Promise<KindStatus> {
    const { kind, tier } = definition;
    // One after the other: where there is no stream, the first says so, and the second is just not answered.
    const backlog = await this.backlog(definition);
    const scheduled = await this.#messagesOn(tier, `sched.${tier}.${kind}.>`);
    return { kind, tier, ...backlog, scheduled };
  }

  /** Of a kind that no worker has ever met, all that lies in its stream is pending. */
  async backlog(definition: TaskDefinition): Promise<Backlog> {
    const [consumer, oldest] = await Promise.all([this.#consumer(definition), this.#oldest(definition)]);
    return {
      pending: consumer?.num_pending ?? (await this.#messagesOn(definition.tier, taskSubject(definition))),
      running: consumer?.num_ack_pending ?? 0,
      paused: consumer?.paused === true,
      oldestSeconds: oldest === undefined ? 0 : Math.max(0, (Date.now() - oldest) / 1000),
    };
  }

  /** No task of this kind is handed out from now on, to nobody, until it is resumed; those in hand are finished. */
  async pause({ kind, tier }: TaskDefinition): Promise<void> {
    await jetStream(this.#bus, `CONSUMER.PAUSE.${TASK_STREAMS[tier]}.${kind}`, { pause_until: FOR_EVER });
  }

  async resume({ kind, tier }: TaskDefinition): Promise<void> {
    await jetStream(this.#bus, `CONSUMER.PAUSE.${TASK_STREAMS[tier]}.${kind}`, {});
  }

  async #consumer({ kind, tier }: TaskDefinition): Promise<ConsumerInfo | undefined> {
    try {
      return await jetStream<ConsumerInfo>(this.#bus, `CONSUMER.INFO.${TASK_STREAMS[tier]}.${kind}`);
    } catch (error) {
      if (isApiError(error, ApiCode.consumerNotFound)) return undefined;
      throw error;
    }
  }

  /** Counted by the server, without a list of subjects, of which there may be as many as there are schedules. */
  async #messagesOn(tier: TaskDefinition['tier'], subject: string): Promise<number> {
    const query = { seq: 1, subject, batch: 1 };
    const { messages, pending } = await directGet(this.#bus, TASK_STREAMS[tier], query);
    return messages.length + pending;
  }

  async #oldest(definition: TaskDefinition): Promise<number | undefined> {
    try {
      const { message } = await jetStream<{ message: { time: string } }>(
        this.#bus,
        `STREAM.MSG.GET.${TASK_STREAMS[definition.tier]}`,
        { seq: 1, next_by_subj: taskSubject(definition) },
      );
      return Date.parse(message.time);
    } catch (error) {
      if (isApiError(error, ApiCode.messageNotFound)) return undefined;
      throw error;
    }
  }
}
