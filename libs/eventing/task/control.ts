import type { ConsumerInfo } from '@nats-io/jetstream';
import { taskSubject, type TaskDefinition } from '#contracts/task';
import type { Bus } from '../bus.ts';
import { ApiCode, isApiError, jetStream } from '../jetstream-api.ts';
import { TASK_STREAMS } from '../streams.ts';

/** How it stands with one kind of task. */
export interface KindStatus {
  readonly kind: string;
  readonly tier: string;
  /** Tasks that wait for a worker, those that are due later not among them. */
  readonly pending: number;
  /** Tasks in the hands of workers. */
  readonly running: number;
  readonly paused: boolean;
  /** Seconds since the oldest task was enqueued that is not done; 0 when there is none. */
  readonly oldestSeconds: number;
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

  /** Of a kind that no worker has ever met, all counts are of what lies in its stream. */
  async status(definition: TaskDefinition): Promise<KindStatus> {
    const { kind, tier } = definition;
    const [consumer, counts, oldest] = await Promise.all([
      this.#consumer(definition),
      this.#counts(definition),
      this.#oldest(definition),
    ]);
    return {
      kind,
      tier,
      pending: consumer?.num_pending ?? counts.waiting,
      running: consumer?.num_ack_pending ?? 0,
      paused: consumer?.paused === true,
      oldestSeconds: oldest === undefined ? 0 : Math.max(0, (Date.now() - oldest) / 1000),
      scheduled: counts.scheduled,
    };
  }

  /** No task of this kind is begun from now on, by nobody, until it is resumed; those in hand are finished. */
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

  async #counts(definition: TaskDefinition): Promise<{ waiting: number; scheduled: number }> {
    const { kind, tier } = definition;
    const [waiting, scheduled] = await Promise.all([
      this.#messagesOn(tier, taskSubject(definition)),
      this.#messagesOn(tier, `sched.${tier}.${kind}.>`),
    ]);
    return { waiting, scheduled };
  }

  /** The server lists subjects by pages of 100,000: what lies beyond the first is not counted. */
  async #messagesOn(tier: TaskDefinition['tier'], filter: string): Promise<number> {
    const { state } = await jetStream<{ state: { subjects?: Record<string, number> } }>(
      this.#bus,
      `STREAM.INFO.${TASK_STREAMS[tier]}`,
      { subjects_filter: filter },
    );
    return Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
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
