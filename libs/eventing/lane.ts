import type { DataKey } from './data-key.ts';
import type { Decider } from './decider.ts';
import type { AnyExecute, Executed, Pending } from './execute.ts';
import { formatPosition } from './position.ts';
import type { DomainEvent } from '#contracts/event';
import type { StoredEvent } from './stored-event.ts';

/** An aggregate as the log has it. */
export interface Base {
  readonly state: unknown;
  readonly version: number;
  /** 0 when there is none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /**
   * The log's leader is known to have had nothing more on the subject at some time since then (`performance.now()`):
   * a verdict that appends nothing, and is thus not checked by an expectation, may rest on this for commands that
   * arrived before.
   */
  readonly asOf: number;
}

/** The queue of commands that wait on one subject, and the state that they find. */
export class Lane {
  readonly subject: string;
  readonly decider: Decider<unknown, unknown, DomainEvent>;
  readonly sealedBy: AnyExecute['sealedBy'];
  waiting: Pending[] = [];
  base: Base | undefined;
  /** Of an aggregate that exists. */
  key: DataKey | undefined;
  /** `loading`: being read; `ready`: commands can be decided; `flying`: its batch is on its way. */
  phase: 'loading' | 'ready' | 'flying' = 'ready';
  /** It was part of a batch that was refused for good, and shares none any more: only the guilty lane shall fail. */
  alone = false;

  constructor({ subject, decider, sealedBy }: AnyExecute) {
    this.subject = subject;
    this.decider = decider;
    this.sealedBy = sealedBy;
  }

  get nothingYet(): Base {
    return { state: this.decider.initial, version: 0, firstSeq: 0, lastSeq: 0, asOf: -Infinity };
  }

  /** Drops commands that were given up meanwhile; whether any is left. */
  isAlive(): boolean {
    this.waiting = this.waiting.filter((pending) => !pending.settled);
    return this.waiting.length > 0;
  }

  rejectAll(error: unknown): void {
    for (const pending of this.waiting.splice(0)) pending.reject(error);
  }

  /**
   * Folds events that follow the base. A waiting command whose events are among them was stored by an earlier try,
   * and is answered. Throws when a version is missing, or when an event is of an unknown type.
   */
  extend(events: readonly StoredEvent[], epoch: string): void {
    let base = this.base ?? this.nothingYet;
    for (const event of events) {
      if (!event.known)
        throw new Error(`${this.subject} holds ${event.type}, which this service does not know`);
      if (event.version !== base.version + 1) {
        throw new Error(`${this.subject} has version ${event.version} at ${event.seq} after ${base.version}`);
      }
      const state = this.decider.evolve(base.state, event);
      base = {
        ...base,
        state,
        version: event.version,
        firstSeq: base.firstSeq || event.seq,
        lastSeq: event.seq,
      };
      this.#answerOwner(event, base, epoch);
    }
    this.base = base;
  }

  #answerOwner(event: StoredEvent, base: Base, epoch: string): void {
    const owner = this.waiting.find((pending) => pending.lastId === event.id);
    if (owner === undefined) return;
    const appended = Number(event.id.slice(event.id.lastIndexOf('.') + 1));
    owner.resolve(executedAt(base, base.lastSeq, appended, epoch));
  }
}

export function executedAt(base: Base, lastSeq: number, appended: number, epoch: string): Executed<unknown> {
  const { state, version, firstSeq } = base;
  return {
    state,
    version,
    first: formatPosition(epoch, firstSeq),
    last: formatPosition(epoch, lastSeq),
    appended,
  };
}
