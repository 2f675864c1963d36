import type { DomainEvent } from '#contracts/event';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { SEALED_PROPERTY } from './catalog.ts';
import { seal, unseal, type DataKey } from './data-key.ts';
import type { RawMessage } from './direct-get.ts';
import { parseEnvelope, printEnvelope, type Envelope } from './headers.ts';
import type { KeyOrErased, KeySource } from './keyring.ts';
import { formatPosition } from './position.ts';
import { UndecodableEvent, type StoredEvent } from './stored-event.ts';

export interface CodecOptions {
  readonly catalog: Catalog;
  readonly epoch: string;
  /** `ce-source` of what this service appends, `/formbus/forms`. */
  readonly source: string;
  /** Without one, events with sealed fields can be neither written nor read. */
  readonly keys?: KeySource;
}

/** What an event's envelope needs beyond the event: all of it from the command. */
export interface Stamp {
  readonly id: string;
  readonly subject: string;
  readonly version: number;
  readonly time: string;
  readonly actor: string;
  readonly correlation: string;
  readonly causation?: string;
  readonly traceparent?: string;
}

export interface EncodedEvent {
  readonly headers: string;
  readonly payload: Buffer;
}

/** Between events as deciders see them and messages as the log holds them. */
export class Codec {
  readonly #catalog: Catalog;
  readonly #epoch: string;
  readonly #source: string;
  readonly #keys: KeySource | undefined;

  constructor({ catalog, epoch, source, keys }: CodecOptions) {
    this.#catalog = catalog;
    this.#epoch = epoch;
    this.#source = source;
    this.#keys = keys;
  }

  /**
   * The event as its schema reads it, which is what the log will give back: states fold this and not what was
   * decided. Throws when the type is unknown, superseded, or its data do not fit: a fault in the decider.
   */
  check<Event extends DomainEvent>(event: Event): Event {
    const entry = this.#writable(event.type);
    const parsed = entry.definition.data.safeParse(event.data);
    if (!parsed.success) throw new Error(`a ${event.type} does not fit its schema: ${parsed.error.message}`);
    return { ...event, data: parsed.data };
  }

  /** Encodes an event that {@link check} gave. Draws a nonce, so each encoding of an event is another. */
  encode(event: DomainEvent, stamp: Stamp, key: DataKey | undefined): EncodedEvent {
    const entry = this.#writable(event.type);
    const headers = printEnvelope({ ...stamp, type: event.type, source: this.#source });
    if (entry.sealed.size === 0) return { headers, payload: Buffer.from(JSON.stringify(event.data)) };
    if (key === undefined)
      throw new Error(`a ${event.type} has sealed fields, and its aggregate has no data key`);
    const clear: Record<string, unknown> = {};
    const sealed: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(event.data as object))
      (entry.sealed.has(name) ? sealed : clear)[name] = value;
    const text = seal(
      key.secret,
      Buffer.from(JSON.stringify(sealed)),
      additionalData(stamp.subject, stamp.id, event.type),
    );
    clear[SEALED_PROPERTY] = text.toString('base64');
    return { headers, payload: Buffer.from(JSON.stringify(clear)) };
  }

  #writable(type: string): CatalogEntry {
    const entry = this.#catalog.get(type);
    if (entry === undefined) throw new Error(`the event type ${type} is not in the catalog`);
    if (entry.latest !== type) throw new Error(`the event type ${type} is superseded by ${entry.latest}`);
    return entry;
  }

  /**
   * Decodes a message of `evt.>`, at once unless a data key has to be fetched first. An unknown type gives its
   * envelope alone. Throws (or rejects with) {@link UndecodableEvent}; failing to reach the log is a `BusError`.
   */
  decode(message: RawMessage): StoredEvent | Promise<StoredEvent> {
    let envelope: Envelope | undefined;
    try {
      envelope = parseEnvelope(message.headers);
      const entry = this.#catalog.get(envelope.type);
      if (entry === undefined)
        return this.#event(message, envelope, envelope.type, message.payload, { known: false });
      const data = JSON.parse(text(message.payload)) as Record<string, unknown>;
      if (entry.sealed.size === 0) return this.#upcast(message, envelope, entry, data);
      return this.#decodeSealed(message, envelope, entry, data);
    } catch (cause) {
      throw undecodable(message, envelope, cause);
    }
  }

  #decodeSealed(
    message: RawMessage,
    envelope: Envelope,
    entry: CatalogEntry,
    data: Record<string, unknown>,
  ): StoredEvent | Promise<StoredEvent> {
    if (this.#keys === undefined) throw new Error('this service has no access to data keys');
    const { workspace, owner } = keyPlace(message.subject);
    const key = this.#keys.dataKey(workspace, owner);
    if (!(key instanceof Promise)) return this.#open(message, envelope, entry, data, key);
    return key.then((found) => {
      try {
        return this.#open(message, envelope, entry, data, found);
      } catch (cause) {
        throw undecodable(message, envelope, cause);
      }
    });
  }

  #open(
    message: RawMessage,
    envelope: Envelope,
    entry: CatalogEntry,
    data: Record<string, unknown>,
    key: KeyOrErased,
  ): StoredEvent {
    const { [SEALED_PROPERTY]: sealed, ...clear } = data;
    if (typeof sealed !== 'string') throw new Error('the sealed fields are missing');
    if (key === 'erased') return this.#event(message, envelope, entry.latest, clear, { erased: true });
    const additional = additionalData(message.subject, envelope.id, envelope.type);
    const opened = unseal(key.secret, Buffer.from(sealed, 'base64'), additional);
    return this.#upcast(message, envelope, entry, Object.assign(clear, JSON.parse(opened.toString('utf8'))));
  }

  #upcast(message: RawMessage, envelope: Envelope, entry: CatalogEntry, data: unknown): StoredEvent {
    const newest = entry.upcasters.reduce<unknown>((given, upcast) => upcast(given), data);
    return this.#event(message, envelope, entry.latest, newest, {});
  }

  #event(
    { seq, subject }: RawMessage,
    { id, version, time, source, actor, correlation, causation, traceparent }: Envelope,
    type: string,
    data: unknown,
    { erased = false, known = true }: { erased?: boolean; known?: boolean },
  ): StoredEvent {
    return {
      seq,
      position: formatPosition(this.#epoch, seq),
      subject,
      workspace: subject.split('.', 2)[1] ?? '',
      id,
      type,
      version,
      time,
      source,
      actor,
      correlation,
      ...(causation === undefined ? {} : { causation }),
      ...(traceparent === undefined ? {} : { traceparent }),
      data,
      erased,
      known,
    };
  }
}

const text = (payload: Uint8Array): string =>
  Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8');

/** Binds a cipher text to its event: it opens nowhere else. */
function additionalData(subject: string, id: string, type: string): string {
  return `${subject}\n${id}\n${type}`;
}

/** The data key of an aggregate lies on `key.<workspace>.<owner>`, where the owner is the last token of its subject. */
export function keyPlace(subject: string): { workspace: string; owner: string } {
  const tokens = subject.split('.');
  return { workspace: tokens[1] ?? '', owner: tokens.at(-1) ?? '' };
}

function undecodable(message: RawMessage, envelope: Envelope | undefined, cause: unknown): UndecodableEvent {
  const { seq, subject, headers } = message;
  // Of an envelope that is damaged elsewhere, these two may still be whole: they help to find the event.
  const id = envelope?.id ?? headers.get('ce-id');
  const type = envelope?.type ?? headers.get('ce-type');
  return new UndecodableEvent({ seq, subject, ...(id && { id }), ...(type && { type }) }, cause);
}
