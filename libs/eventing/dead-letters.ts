import { taskSubject, type TaskDefinition, type Tier } from '#contracts/task';
import { Problem } from '#contracts/errors';
import type { Bus } from './bus.ts';
import type { DeadLetter } from './dead-letter.ts';
import { directPages, leaderGet, type RawMessage } from './direct-get.ts';
import { hasDurable } from './durable.ts';
import { ApiCode, isApiError, jetStream, store } from './jetstream-api.ts';
import { DLQ_STREAM, EVENTS_STREAM, TASK_STREAMS } from './streams.ts';
import { redeliveryDurable, redeliverySubject } from './policy.ts';
import { parseTaskEnvelope, printTask, type TaskEnvelope } from './task/wire.ts';
import type { TaskTracking } from './task/tracking.ts';

/** A dead letter with its name. */
export interface FiledLetter extends DeadLetter {
  /** Its sequence in the stream, as text. */
  readonly id: string;
  /** Of a task that can be read: its kind, otherwise null. */
  readonly kind: string | null;
  /** Of a task: its id. */
  readonly task: string | null;
  readonly workspace: string | null;
  /** Who put it away and why; null while somebody is still to decide. */
  readonly discarded: Discarded | null;
}

export interface Discarded {
  readonly at: string;
  readonly actor: string;
  readonly reason: string;
}

/** What letters are asked for; all conditions hold. */
export interface LetterFilter {
  readonly durable?: string | undefined;
  readonly kind?: string | undefined;
  /** Part of the error's name or message, in any case of letters. */
  readonly error?: string | undefined;
  /** Parked since that instant. */
  readonly since?: string | undefined;
  /** Those that were discarded, instead of those that wait. */
  readonly discarded?: boolean | undefined;
}

export interface LetterPage {
  readonly items: FiledLetter[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
}

/** Sequences that are looked at together. */
const WINDOW = 500;
/** Letters that something is done to at the same time. */
const AT_ONCE = 50;

/** What operators do with dead letters. Everything is read from their stream: there is no second list to drift. */
export class DeadLetters {
  readonly #bus: Bus;
  readonly #tracking: TaskTracking;

  constructor(bus: Bus, tracking: TaskTracking) {
    this.#bus = bus;
    this.#tracking = tracking;
  }

  /** How many wait, by durable consumer. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    const { state } = await jetStream<{ state: { subjects?: Record<string, number> } }>(
      this.#bus,
      `STREAM.INFO.${DLQ_STREAM}`,
      { subjects_filter: 'dlq.>' },
    );
    const counts = new Map<string, number>();
    for (const [subject, count] of Object.entries(state.subjects ?? {})) {
      const [, origin = '', durable = ''] = subject.split('.');
      if (origin !== DISCARDED) counts.set(durable, (counts.get(durable) ?? 0) + count);
    }
    return counts;
  }

  /**
   * The newest first.
   *
   * @param cursor - `next` of the page before
   */
  async list(
    filter: LetterFilter,
    { limit, cursor }: { limit: number; cursor?: string | null },
  ): Promise<LetterPage> {
    const items: FiledLetter[] = [];
    const { state } = await jetStream<{ state: { first_seq: number; last_seq: number } }>(
      this.#bus,
      `STREAM.INFO.${DLQ_STREAM}`,
    );
    const before =
      cursor === undefined || cursor === null ? state.last_seq + 1 : sequence(cursor, 'bad_cursor');
    for (let to = before - 1; to >= state.first_seq; to -= WINDOW) {
      for (const letter of await this.#window(Math.max(state.first_seq, to - WINDOW + 1), to)) {
        if (!matches(letter, filter)) continue;
        if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
        items.push(letter);
      }
    }
    return { items, next: null };
  }

  /** @throws Problem `dead_letter_not_found` */
  async get(id: string): Promise<FiledLetter> {
    const seq = sequence(id, 'dead_letter_not_found');
    const found = await leaderGet(this.#bus, DLQ_STREAM, { seq });
    if (found === undefined) throw new Problem('dead_letter_not_found', `There is no dead letter ${id}`);
    return fileOf(found);
  }

  /**
   * Has the work tried again, from its first attempt, and takes the letter out once that is durable. What is retried
   * twice at the same time is done once.
   *
   * @throws Problem `dead_letter_not_found`, `dead_letter_discarded`; `dead_letter_unclaimed` when its consumer is gone,
   * which would never see it
   */
  async retry(id: string): Promise<void> {
    const letter = await this.get(id);
    if (letter.discarded !== null)
      throw new Problem(
        'dead_letter_discarded',
        `The dead letter ${id} was discarded: ${letter.discarded.reason}`,
      );
    await this.#requireReader(letter);
    if (letter.stream === EVENTS_STREAM) await this.#redeliver(letter);
    else if (letter.kind === null) await this.#publishAgain(letter);
    else await this.#enqueueAgain(letter);
    await this.#remove(id);
  }

  /** Puts the letter away for good: it can still be read until it expires, and no more be retried. */
  async discard(id: string, { actor, reason }: { actor: string; reason: string }): Promise<void> {
    const { id: _id, kind: _kind, task: _task, workspace: _workspace, ...letter } = await this.get(id);
    if (letter.discarded !== null) return;
    const discarded: Discarded = { at: new Date().toISOString(), actor, reason };
    await store(this.#bus, `dlq.${DISCARDED}.${letter.durable}`, {
      headers: `Nats-Msg-Id: discard.${id}\r\n`,
      payload: Buffer.from(JSON.stringify({ ...letter, discarded })),
    });
    await this.#remove(id);
    this.#bus.logger.info(
      { letter: id, durable: letter.durable, actor, reason },
      'a dead letter was discarded',
    );
  }

  /**
   * Does the same to the newest that match, at most `limit`, to many at a time and in any order.
   *
   * @returns how many it was done to, as {@link eachOf}, and whether more match
   * @throws as {@link eachOf}
   */
  async each(
    filter: LetterFilter,
    limit: number,
    act: (id: string) => Promise<void>,
  ): Promise<{ done: number; more: boolean }> {
    const { items, next } = await this.list({ ...filter, discarded: false }, { limit });
    const done = await this.eachOf(
      items.map(({ id }) => id),
      act,
    );
    return { done, more: next !== null };
  }

  /**
   * Does the same to each of these, once, to many at a time and in any order.
   *
   * @returns how many it was done to: those that somebody else has dealt with meanwhile are passed over
   * @throws what `act` throws first, when those that were begun have ended; no more are begun then
   */
  async eachOf(ids: readonly string[], act: (id: string) => Promise<void>): Promise<number> {
    const left = [...new Set(ids)];
    const failures: unknown[] = [];
    let done = 0;
    const work = async (): Promise<void> => {
      for (let id = left.shift(); id !== undefined && failures.length === 0; id = left.shift()) {
        try {
          await act(id);
          done++;
        } catch (error) {
          if (!isDealtWith(error)) failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (failures.length > 0) throw failures[0];
    return done;
  }

  async #requireReader({ id, stream, durable }: FiledLetter): Promise<void> {
    const reader =
      stream === EVENTS_STREAM
        ? { stream: TASK_STREAMS.default, durable: redeliveryDurable(durable) }
        : { stream, durable };
    if (await hasDurable(this.#bus, reader.stream, reader.durable)) return;
    throw new Problem(
      'dead_letter_unclaimed',
      `Nobody would take the dead letter ${id} up again: ${durable} has no consumer ${reader.durable} on ${reader.stream}`,
    );
  }

  async #window(from: number, to: number): Promise<FiledLetter[]> {
    const found: FiledLetter[] = [];
    const place = { seq: from, subject: 'dlq.>', batch: to - from + 1 };
    for await (const messages of directPages(this.#bus, DLQ_STREAM, place)) {
      for (const message of messages) if (message.seq <= to) found.push(fileOf(message));
      if ((messages.at(-1)?.seq ?? to) >= to) break;
    }
    return found.reverse();
  }

  async #enqueueAgain(letter: FiledLetter): Promise<void> {
    const { headers, payload = '' } = letter;
    const envelope = { ...envelopeOf(letter), attempt: 1 };
    const body = Buffer.from(payload, 'base64');
    if (letter.workspace !== null) await this.#tracking.reopen(letter.workspace, envelope.id);
    await store(this.#bus, taskSubject({ tier: tierOf(letter), kind: envelope.kind }), {
      headers: `${printTask(envelope)}Nats-Msg-Id: retry.${letter.id}\r\n`,
      payload: body,
    });
    this.#bus.logger.info(
      { letter: letter.id, task: envelope.id, was: headers['formbus-attempt'] },
      'a dead task is tried again',
    );
  }

  /** It was nothing that a worker could read: the same once more. */
  async #publishAgain({ id, subject, headers, payload = '' }: FiledLetter): Promise<void> {
    const own = Object.entries(headers).filter(([name]) => !name.startsWith('Nats-'));
    await store(this.#bus, subject, {
      headers: `${own.map(([name, value]) => `${name}: ${value}\r\n`).join('')}Nats-Msg-Id: retry.${id}\r\n`,
      payload: Buffer.from(payload, 'base64'),
    });
  }

  /** The event lies in the log: only the consumer that gave it up is handed it again. */
  async #redeliver({ id, durable, seq }: FiledLetter): Promise<void> {
    await store(this.#bus, redeliverySubject(durable), {
      headers: `Nats-Msg-Id: retry.${id}\r\n`,
      payload: Buffer.from(JSON.stringify({ seq })),
    });
    this.#bus.logger.info({ letter: id, durable, seq }, 'a dead event is delivered again');
  }

  async #remove(id: string): Promise<void> {
    try {
      await jetStream(this.#bus, `STREAM.MSG.DELETE.${DLQ_STREAM}`, { seq: Number(id), no_erase: true });
    } catch (error) {
      // Somebody else has taken it out.
      if (!isApiError(error, ApiCode.messageNotDeleted)) throw error;
    }
  }
}

const isDealtWith = (error: unknown): boolean =>
  error instanceof Problem &&
  (error.code === 'dead_letter_not_found' || error.code === 'dead_letter_discarded');

/** In the place of the stream in the subject of a letter that was put away. */
const DISCARDED = 'discarded';

function fileOf({ seq, payload }: RawMessage): FiledLetter {
  const letter = JSON.parse(Buffer.from(payload).toString('utf8')) as DeadLetter & { discarded?: Discarded };
  const task = taskOf(letter);
  return {
    ...letter,
    id: String(seq),
    kind: task?.kind ?? null,
    task: task?.id ?? null,
    workspace: workspaceOf(letter),
    discarded: letter.discarded ?? null,
  };
}

const envelopeOf = ({ seq, headers }: DeadLetter): TaskEnvelope =>
  parseTaskEnvelope({ seq, headers: new Map(Object.entries(headers)) });

/** Undefined when it is no task, or so broken a one that its worker could not read it either. */
function taskOf(letter: DeadLetter): TaskEnvelope | undefined {
  try {
    return envelopeOf(letter);
  } catch {
    return undefined;
  }
}

/** Of an event it stands in the subject, of a task in the payload. */
function workspaceOf({ stream, subject, payload }: DeadLetter): string | null {
  if (stream === EVENTS_STREAM) return subject.split('.', 2)[1] ?? null;
  try {
    const body = JSON.parse(Buffer.from(payload ?? '', 'base64').toString('utf8')) as { workspace?: unknown };
    return typeof body.workspace === 'string' ? body.workspace : null;
  } catch {
    return null; // what is not JSON is a dead letter for that reason
  }
}

function tierOf({ stream }: DeadLetter): Tier {
  const found = Object.entries(TASK_STREAMS).find(([, name]) => name === stream);
  if (found === undefined) throw new Problem('internal', `the stream ${stream} is none of tasks`);
  return found[0] as TaskDefinition['tier'];
}

function matches(
  letter: FiledLetter,
  { durable, kind, error, since, discarded = false }: LetterFilter,
): boolean {
  if ((letter.discarded !== null) !== discarded) return false;
  if (durable !== undefined && letter.durable !== durable) return false;
  if (kind !== undefined && letter.kind !== kind) return false;
  if (since !== undefined && Date.parse(letter.parkedAt) < Date.parse(since)) return false;
  if (error === undefined) return true;
  return `${letter.error.name}: ${letter.error.message}`.toLowerCase().includes(error.toLowerCase());
}

function sequence(text: string, otherwise: 'bad_cursor' | 'dead_letter_not_found'): number {
  const seq = Number(text);
  if (!/^[1-9][0-9]{0,15}$/.test(text) || !Number.isSafeInteger(seq)) throw new Problem(otherwise);
  return seq;
}
