import { z } from 'zod';
import type { Bus } from './bus.ts';
import type { LetterOrigin } from './dead-letter.ts';
import { directAt, type RawMessage } from './direct-get.ts';
import type { EventLog } from './event-log.ts';
import type { Codec } from './codec.ts';
import { Permanent } from './disposition.ts';
import { deleteDurable } from './durable.ts';
import type { StoredEvent } from './stored-event.ts';
import { EVENTS_STREAM, TASK_STREAMS } from './streams.ts';
import { Subscription, type Delivery } from './subscription.ts';

/** From events to what follows from them: a task, a command. */
export interface Policy {
  /** The name of its durable consumer: one token, never given to another policy. */
  readonly name: string;
  readonly filters: readonly string[];
  /** Full event types that it acts on. */
  readonly types: readonly string[];
  /** Where it begins when it is new: with what happens `now`, or with all that ever has. */
  readonly from: 'beginning' | 'now';
  readonly concurrency?: number;
  /** Pauses before the second, third ... attempt; then the event is a dead letter. */
  readonly backoffMs?: readonly number[];
  /** May be called more than once for an event, and for events in any order: its effect must not care. */
  readonly act: (event: StoredEvent, delivery: Delivery) => Promise<void>;
}

const Redelivery = z.object({ seq: z.int().positive() });

/** Where an event that a policy gave up is handed to it again. */
export const redeliverySubject = (durable: string): string => `task.default.redeliver.${durable}`;

/** Who takes them there. */
export const redeliveryDurable = (name: string): string => `redeliver-${name}`;

/**
 * Gives up a policy that nobody runs any more, with its place in the log: should it be started again, it begins as when
 * it was new.
 */
export async function forgetPolicy(bus: Bus, name: string): Promise<void> {
  await deleteDurable(bus, EVENTS_STREAM, name);
  await deleteDurable(bus, TASK_STREAMS.default, redeliveryDurable(name));
}

/** Runs a policy until it is stopped; any number of processes share its events. */
export async function startPolicy(
  { bus, log, codec }: { bus: Bus; log: EventLog; codec: Codec },
  { name, filters, types, from, act, concurrency, backoffMs }: Policy,
): Promise<{ stop(deadlineMs?: number): Promise<void> }> {
  const shared = {
    bus,
    handle: act,
    ...(concurrency !== undefined && { concurrency }),
    ...(backoffMs !== undefined && { backoffMs }),
  };
  const events = new Subscription<StoredEvent>({
    ...shared,
    stream: EVENTS_STREAM,
    durable: name,
    filters,
    types,
    from,
    decode: (message) => codec.decode(message),
  });
  const again = new Subscription<StoredEvent>({
    ...shared,
    stream: TASK_STREAMS.default,
    durable: redeliveryDurable(name),
    filters: [redeliverySubject(name)],
    origin: (message) => eventOf(bus, name, message),
    decode: async (message) => {
      const seq = redelivered(message);
      const event = await log.at(seq);
      if (event === undefined) throw new Permanent(`there is no event ${seq} in the log`);
      return event;
    },
  });
  await Promise.all([events.start(), again.start()]);
  return {
    async stop(deadlineMs) {
      await Promise.all([events.drain(deadlineMs), again.drain(deadlineMs)]);
    },
  };
}

/** @throws when it is none */
const redelivered = ({ payload }: RawMessage): number =>
  Redelivery.parse(JSON.parse(Buffer.from(payload).toString('utf8'))).seq;

/** What is given up for the second time has a letter as it had for the first: the policy's own, about the event. */
async function eventOf(bus: Bus, name: string, again: RawMessage): Promise<LetterOrigin | undefined> {
  let seq: number;
  try {
    seq = redelivered(again);
  } catch {
    return undefined;
  }
  const message = await directAt(bus, EVENTS_STREAM, seq);
  return message && { stream: EVENTS_STREAM, durable: name, message };
}
