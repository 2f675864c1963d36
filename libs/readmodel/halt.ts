import type { StoredEvent } from '#eventing/stored-event';

/** Where and why a projection stands still. */
export interface HaltReason {
  readonly position: string;
  readonly subject: string;
  readonly type: string;
  readonly id: string;
  readonly detail: string;
}

/**
 * An event that the projection cannot handle. It is never skipped: everything before it is in the documents,
 * it and everything after it is not.
 */
export class ProjectionHalted extends Error {
  override readonly name = 'ProjectionHalted';
  readonly reason: HaltReason;
  /** Of the event. */
  readonly seq: number;

  constructor(event: Pick<StoredEvent, 'seq' | 'position' | 'subject' | 'type' | 'id'>, cause: unknown) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    super(`cannot handle ${event.type} (${event.id}) at ${event.position}: ${detail}`, { cause });
    const { seq, position, subject, type, id } = event;
    this.seq = seq;
    this.reason = { position, subject, type, id, detail };
  }
}
