/** An event as it lies in the log, decoded. */
export interface StoredEvent<Type extends string = string, Data = unknown> {
  /** The sequence in the log; unique and rising within one epoch. */
  readonly seq: number;
  readonly position: string;
  readonly subject: string;
  readonly workspace: string;
  /** `ce-id`. */
  readonly id: string;
  /** The full type after upcasting, `formbus.form.created.v2`; the stored one when it is not `known`. */
  readonly type: Type;
  /** Of the aggregate: 1, 2, 3 ...; a fold that meets a gap has missed something. */
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly source: string;
  readonly actor: string;
  readonly causation?: string;
  readonly correlation: string;
  readonly traceparent?: string;
  /**
   * Upcast and with its sealed fields opened. Of an `erased` event the clear fields alone, as they were stored; of an
   * event that is not `known` the payload's bytes.
   */
  readonly data: Data;
  /** The leader confirmed that the data key is gone: fold from the envelope and clear fields alone. */
  readonly erased: boolean;
  /** Whether the catalog holds the stored type. Who folds events of this name must halt on an unknown version. */
  readonly known: boolean;
}

/** An event that claims a known type and can't be read: damaged, tampered with, or written by a faulty writer. */
export class UndecodableEvent extends Error {
  override readonly name = 'UndecodableEvent';
  readonly seq: number;
  readonly subject: string;
  readonly id: string | undefined;
  readonly type: string | undefined;

  constructor(event: { seq: number; subject: string; id?: string; type?: string }, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`event ${event.seq} on ${event.subject} (${event.type ?? 'no type'}) cannot be decoded: ${why}`, {
      cause,
    });
    this.seq = event.seq;
    this.subject = event.subject;
    this.id = event.id;
    this.type = event.type;
  }
}
