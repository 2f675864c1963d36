import type { StoredEvent } from '#eventing/stored-event';
import { sealedFields } from './log.ts';

/** An event as `formbus events` prints it. */
export interface ShownEvent {
  readonly position: string;
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly workspace: string;
  readonly subject: string;
  readonly version: number;
  readonly actor: string;
  readonly correlation: string;
  readonly causation?: string;
  /** What could be read; null of a type that this version does not know. */
  readonly data: Readonly<Record<string, unknown>> | null;
  /** The names of fields that were not opened. */
  readonly encrypted: readonly string[];
  /** Its data key is gone; only known where the master key is. */
  readonly erased?: true;
}

/** @param opened whether sealed fields were to be opened */
export function shownEvent(event: StoredEvent, opened: boolean): ShownEvent {
  const { position, id, type, time, workspace, subject, version, actor, correlation, causation } = event;
  return {
    position,
    id,
    type,
    time,
    workspace,
    subject,
    version,
    actor,
    correlation,
    ...(causation !== undefined && { causation }),
    data: event.known ? (event.data as Record<string, unknown>) : null,
    encrypted: opened ? [] : sealedFields(type),
    ...(opened && event.erased && { erased: true as const }),
  };
}

/** `form=contact answers=(encrypted)`: a line of what an event says. */
export function dataText({ type, data, encrypted, erased }: ShownEvent): string {
  if (data === null) return '(a type that this version does not know)';
  const clear = Object.entries(data).map(([name, value]) => `${name}=${valueText(value)}`);
  const shut = [
    ...encrypted.map((name) => `${name}=(encrypted)`),
    ...(erased === true ? sealedFields(type).map((name) => `${name}=(erased)`) : []),
  ];
  return [...clear, ...shut].join(' ');
}

const valueText = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);

/** `submission.submitted` of `formbus.submission.submitted.v1`; the version where it is not the first. */
export const shortType = (type: string): string => type.replace(/^formbus\./, '').replace(/\.v1$/, '');

/** What an aggregate's subject says beside its workspace: `contact/0199...`, `contact`. */
export const aggregateOf = (subject: string): string => subject.split('.').slice(3).join('/');
