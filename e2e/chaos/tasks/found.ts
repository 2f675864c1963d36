import type { Bus } from '#eventing/bus';
import { directPages } from '#eventing/direct-get';
import type { DeadLetter } from '#eventing/dead-letter';
import { DLQ_STREAM, EVENTS_STREAM } from '#eventing/streams';
import type { Found } from './audit.ts';
import { effectSubject } from './effect.ts';
import { numberOf } from './kinds.ts';

const PAGE = 1_000;

/** Every effect and every dead letter, by task. */
export async function whatHappened(bus: Bus): Promise<Found> {
  const effects = new Map<number, number>();
  const parked = new Map<number, number>();
  const add = (counts: Map<number, number>, n: number): void => {
    counts.set(n, (counts.get(n) ?? 0) + 1);
  };
  const all = effectSubject(0).replace(/[^.]+$/, '*');
  for await (const { subject } of messagesOf(bus, EVENTS_STREAM, all)) add(effects, numberOf(subject));
  for await (const { payload } of messagesOf(bus, DLQ_STREAM, 'dlq.>')) {
    const { headers } = JSON.parse(Buffer.from(payload).toString('utf8')) as DeadLetter;
    add(parked, numberOf(headers['formbus-task'] ?? ''));
  }
  return { effects, parked };
}

async function* messagesOf(bus: Bus, stream: string, subject: string) {
  for await (const messages of directPages(bus, stream, { seq: 1, subject, batch: PAGE })) yield* messages;
}
