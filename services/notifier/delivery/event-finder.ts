import type { EventSource } from '#contracts/webhook/event-types';
import type { Bus } from '#eventing/bus';
import { directAt } from '#eventing/direct-get';
import { parsePosition } from '#eventing/position';
import { EVENTS_STREAM, TASK_EVENTS_STREAM } from '#eventing/streams';
import { refOfLog, refOfTask, type EventRef } from './event-ref.ts';

/** Finds again what a retry or a delivery names. */
export class EventFinder {
  readonly #bus: Bus;
  /** Of positions in the log and among the records of tasks. */
  readonly epochs: Readonly<Record<EventSource, string>>;

  constructor(bus: Bus, epochs: Readonly<Record<EventSource, string>>) {
    this.#bus = bus;
    this.epochs = epochs;
  }

  /** Undefined when there is none any more: the record of a task expires. */
  async find(source: EventSource, seq: number): Promise<EventRef | undefined> {
    const message = await directAt(this.#bus, source === 'log' ? EVENTS_STREAM : TASK_EVENTS_STREAM, seq);
    if (message === undefined) return undefined;
    return source === 'log' ? refOfLog(message, this.epochs.log) : refOfTask(message, this.epochs.tasks);
  }

  /** @throws Problem `bad_position` */
  at(source: EventSource, position: string): Promise<EventRef | undefined> {
    return this.find(source, parsePosition(position, this.epochs[source]));
  }
}
