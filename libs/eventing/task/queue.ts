import { context, trace } from '@opentelemetry/api';
import { v7 as uuid } from 'uuid';
import type { z } from 'zod';
import { isToken } from '#contracts/subjects';
import { TIERS, taskSubject, type TaskDefinition, type Tier } from '#contracts/task';
import { BatchPublisher } from '../batch-publisher.ts';
import type { Bus } from '../bus.ts';
import { jetStream } from '../jetstream-api.ts';
import { TASK_STREAMS } from '../streams.ts';
import { traceparentOf } from '../trace.ts';
import { pause } from '../pause.ts';
import type { TaskTracking } from './tracking.ts';
import {
  messageId,
  putBackId,
  printSchedule,
  printTask,
  scheduleSubject,
  type Task,
  type TaskEnvelope,
  type When,
} from './wire.ts';

export interface Enqueue<Payload> {
  /**
   * Derived from the cause (`<event id>:<purpose>`), so that a cause that is met twice asks for one task: the stream
   * knows ids for two minutes, and who may be later than that looks for the effect first. Of a tracked kind one token.
   * Drawn at random when not given. Ids are unique over workspaces: they follow from ids that are.
   */
  readonly id?: string;
  readonly payload: Payload;
  /** Not before that time. */
  readonly at?: Date;
  readonly actor?: string;
  readonly correlation?: string;
  /** The batch that it belongs to. */
  readonly batch?: string;
}

export interface Enqueued {
  readonly id: string;
  /** The id was known already, and nothing was added. */
  readonly duplicate: boolean;
}

/** Where tasks are asked for. Resolved calls are durable; concurrent ones share one write to the disk. */
export class TaskQueue {
  readonly #bus: Bus;
  readonly #tracking: TaskTracking;
  /** One a stream, since an atomic batch lies in one. */
  readonly #publishers: Readonly<Record<Tier, BatchPublisher>>;

  constructor(bus: Bus, tracking: TaskTracking) {
    this.#bus = bus;
    this.#tracking = tracking;
    const publisher = (tier: Tier): BatchPublisher => new BatchPublisher({ bus, stream: TASK_STREAMS[tier] });
    this.#publishers = { high: publisher('high'), default: publisher('default'), batch: publisher('batch') };
  }

  /**
   * Resolves when the task is durable, and its state `queued` can be read where its kind is tracked.
   *
   * @throws what `BatchPublisher.publish` rejects with; ZodError when the payload does not fit
   */
  async enqueue<Payload extends z.ZodObject>(
    definition: TaskDefinition & { readonly payload: Payload },
    { id = uuid(), payload, at, ...about }: Enqueue<z.infer<Payload>>,
  ): Promise<Enqueued> {
    const envelope = newEnvelope(definition, id, about);
    const task = { ...envelope, payload: definition.payload.parse(payload) };
    const { duplicate } = await this.#publish(definition, task, messageId(task), at);
    // Afterwards, so that there is no state of a task that never was. A worker that is faster has written its own.
    if (definition.tracked) await this.#tracking.queued(definition, task);
    return { id, duplicate };
  }

  /** Puts a task back, to be tried again at that time, in the place of the message `seq`: once for each message. */
  async again(definition: TaskDefinition, task: Task<unknown>, at: Date, seq: number): Promise<void> {
    await this.#publish(definition, task, putBackId(task, seq), at);
  }

  /**
   * From now on such a task is enqueued whenever its time comes, by the server, whoever runs. Another schedule of the
   * same name replaces this one; saying the same again changes nothing but the phase of an interval.
   *
   * @param name - one a kind; part of the ids of its tasks
   */
  async recur<Payload extends z.ZodObject>(
    definition: TaskDefinition & { readonly payload: Payload },
    name: string,
    when: Exclude<When, { at: Date }>,
    payload: z.infer<Payload>,
  ): Promise<void> {
    // Each run is `<name>-<place in the stream>`.
    if (definition.tracked && !isToken(`${name}-${Number.MAX_SAFE_INTEGER}`))
      throw new RangeError(`ids of a ${definition.kind} must be one token: ${name} is none, or too long`);
    const envelope = newEnvelope(definition, name, {});
    const text = definition.payload.parse(payload);
    await this.#publishers[definition.tier].publish({
      subject: scheduleSubject(definition, name),
      headers:
        printTask(envelope, { recurring: true }) +
        printSchedule(when, definition) +
        `Nats-Msg-Id: ${uuid()}\r\n`,
      payload: Buffer.from(JSON.stringify(text)),
    });
  }

  /**
   * Takes back what was scheduled under this name or task id and has not come due; false when there is nothing. For two
   * minutes the id is still known: who wants the task after all gives it another one.
   */
  async cancelSchedule(definition: TaskDefinition, name: string): Promise<boolean> {
    const { purged } = await jetStream<{ purged: number }>(
      this.#bus,
      `STREAM.PURGE.${TASK_STREAMS[definition.tier]}`,
      { filter: scheduleSubject(definition, name) },
    );
    return purged > 0;
  }

  /** Takes no more tasks; resolves when those at hand are stored or refused, or after 5 s. */
  async drain(): Promise<void> {
    const patience = new AbortController();
    await Promise.race([
      Promise.all(TIERS.map((tier) => this.#publishers[tier].drain())),
      pause(5000, patience.signal),
    ]);
    patience.abort();
  }

  #publish(
    definition: TaskDefinition,
    { payload, ...envelope }: Task<unknown>,
    name: string,
    at: Date | undefined,
  ): Promise<{ duplicate: boolean }> {
    const headers = printTask(envelope) + name;
    return this.#publishers[definition.tier].publish({
      subject: at === undefined ? taskSubject(definition) : scheduleSubject(definition, envelope.id),
      headers: at === undefined ? headers : headers + printSchedule({ at }, definition),
      payload: Buffer.from(JSON.stringify(payload)),
    });
  }
}

function newEnvelope(
  definition: TaskDefinition,
  id: string,
  { actor = 'formbus', correlation = id, batch }: Pick<Enqueue<unknown>, 'actor' | 'correlation' | 'batch'>,
): TaskEnvelope {
  if (definition.tracked && !isToken(id))
    throw new RangeError(`the id of a ${definition.kind} must be one token: ${id}`);
  const span = trace.getSpan(context.active());
  const traceparent = span && traceparentOf(span);
  return {
    id,
    kind: definition.kind,
    attempt: 1,
    queuedAt: new Date().toISOString(),
    actor,
    correlation,
    ...(batch !== undefined && { batch }),
    ...(traceparent !== undefined && { traceparent }),
  };
}
