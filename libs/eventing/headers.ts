import type { Msg, MsgHdrs } from '@nats-io/nats-core';
import { MsgHdrsImpl } from '@nats-io/nats-core/internal';

/** The envelope of an event: CloudEvents 1.0 in binary mode, and what Formbus adds. */
export interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly time: string;
  readonly version: number;
  readonly actor: string;
  readonly correlation: string;
  readonly causation?: string;
  readonly traceparent?: string;
}

const NEEDS_ESCAPE = /[^\x21\x23\x24\x26-\x7e]/;
const ESCAPED = /[^\x21\x23\x24\x26-\x7e]+/gu;

/** As the CloudEvents bindings ask: space, double quote, percent and what is not printable ASCII as %XX of UTF-8. */
export function escapeHeader(value: string): string {
  if (!NEEDS_ESCAPE.test(value)) return value;
  return value.toWellFormed().replace(ESCAPED, (run) => {
    let out = '';
    for (const byte of Buffer.from(run, 'utf8'))
      out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    return out;
  });
}

export const unescapeHeader = (value: string): string =>
  value.includes('%') ? decodeURIComponent(value) : value;

/** Header lines of an event, each ended by CR LF. `Nats-Msg-Id` is the `ce-id`. */
export function printEnvelope(envelope: Envelope): string {
  const id = escapeHeader(envelope.id);
  let lines =
    `Nats-Msg-Id: ${id}\r\nce-specversion: 1.0\r\nce-id: ${id}\r\nce-type: ${escapeHeader(envelope.type)}\r\n` +
    `ce-source: ${escapeHeader(envelope.source)}\r\nce-subject: ${envelope.subject}\r\nce-time: ${escapeHeader(envelope.time)}\r\n` +
    `ce-dataschema: ${dataSchema(envelope.type)}\r\nce-datacontenttype: application/json\r\n` +
    `formbus-version: ${envelope.version}\r\nformbus-actor: ${escapeHeader(envelope.actor)}\r\n` +
    `formbus-correlation: ${escapeHeader(envelope.correlation)}\r\n`;
  if (envelope.causation !== undefined) lines += `formbus-causation: ${escapeHeader(envelope.causation)}\r\n`;
  if (envelope.traceparent !== undefined) lines += `traceparent: ${envelope.traceparent}\r\n`;
  return lines;
}

/** The `ce-dataschema` of a type: the identifier of its JSON Schema. */
export const dataSchema = (type: string): string => `urn:formbus:schema:${escapeHeader(type)}`;

/** The envelope in a message's headers. Throws when a required one is missing. */
export function parseEnvelope(headers: ReadonlyMap<string, string>): Envelope {
  const required = (name: string): string => {
    const value = headers.get(name);
    if (value === undefined) throw new Error(`the header ${name} is missing`);
    return unescapeHeader(value);
  };
  const version = Number(required('formbus-version'));
  if (!Number.isSafeInteger(version) || version < 1)
    throw new Error('formbus-version is not a positive integer');
  const causation = headers.get('formbus-causation');
  const traceparent = headers.get('traceparent');
  return {
    id: required('ce-id'),
    type: required('ce-type'),
    source: required('ce-source'),
    subject: required('ce-subject'),
    time: required('ce-time'),
    version,
    actor: required('formbus-actor'),
    correlation: required('formbus-correlation'),
    ...(causation === undefined ? {} : { causation: unescapeHeader(causation) }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/**
 * Header lines handed to nats.js as they are. Its own header object canonicalises and searches all names for every
 * line that is added, which for an event's fourteen headers costs more than encrypting it.
 */
export class HeaderLines extends MsgHdrsImpl {
  readonly #lines: string;

  constructor(lines: string) {
    super();
    this.#lines = lines;
  }

  override encode(): Uint8Array {
    return Buffer.from(`NATS/1.0\r\n${this.#lines}\r\n`, 'utf8');
  }
}

export const headerLines = (lines: string): MsgHdrs => new HeaderLines(lines);

/**
 * A message's headers by name (exact case, last one wins). Reads the bytes that nats.js keeps, for the same reason
 * as {@link HeaderLines}, and falls back on its header object where a release of it should keep them elsewhere.
 */
export function readHeaders(msg: Msg): Map<string, string> {
  const { _rdata: bytes, _msg: frame } = msg as unknown as { _rdata?: Uint8Array; _msg?: { hdr?: number } };
  if (bytes !== undefined && typeof frame?.hdr === 'number') {
    return frame.hdr > 0
      ? splitHeaders(Buffer.from(bytes.buffer, bytes.byteOffset, frame.hdr).toString('utf8'))
      : new Map<string, string>();
  }
  const found = new Map<string, string>();
  if (msg.headers !== undefined)
    for (const [name, values] of msg.headers) found.set(name, values.at(-1) ?? '');
  return found;
}

/** Splits a header block (`NATS/1.0`, lines, an empty line). */
export function splitHeaders(block: string): Map<string, string> {
  const found = new Map<string, string>();
  let at = block.indexOf('\r\n') + 2;
  while (at > 1 && at < block.length) {
    const end = block.indexOf('\r\n', at);
    if (end <= at) break;
    const colon = block.indexOf(':', at);
    if (colon > at && colon < end) found.set(block.slice(at, colon), block.slice(colon + 1, end).trim());
    at = end + 2;
  }
  return found;
}
