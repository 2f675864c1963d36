import type { Bus } from '#eventing/bus';
import { directGet } from '#eventing/direct-get';
import type { DeadLetter } from '#eventing/dead-letter';
import { jetStream } from '#eventing/jetstream-api';
import { TIERS } from '#contracts/task';
import { DLQ_STREAM, EVENTS_STREAM, TASK_STREAMS } from '#eventing/streams';
import type { Found } from './audit.ts';
import { effectSubject } from './effect.ts';
import { numberOf } from './kinds.ts';

const PAGE = 1_000;

/** Tasks that are neither done nor parked, those that wait for their next attempt among them. */
export async function tasksLeft(bus: Bus): Promise<number> {
  const counts = TIERS.map(async (tier) => {
    const { state } = await jetStream<{ state: { messages: number } }>(
      bus,
      `STREAM.INFO.${TASK_STREAMS[tier]}`,
    );
    return state.messages;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

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
  for (let [seq, more] = [1, true]; more;) {
    const page = await directGet(bus, stream, { seq, subject, batch: PAGE });
    yield* page.messages;
    seq = (page.messages.at(-1)?.seq ?? seq) + 1;
    more = page.more;
  }
}
