import { Problem } from '#contracts/errors';
import type { DomainEvent } from '#contracts/event';
import { MAX_BATCH, type WireMessage } from './append.ts';
import type { Codec } from './codec.ts';
import type { DataKey } from './data-key.ts';
import type { Pending } from './execute.ts';
import type { Keyring } from './keyring.ts';
import type { Base, Lane } from './lane.ts';

/** What a batch may weigh, so that one of large events does not hold up the server. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Room for what a batch adds to a message's own headers. */
const BATCH_HEADER_BYTES = 256;

/** A command's outcome, valid once the batch is stored. */
export interface Step {
  readonly pending: Pending;
  /** 0 for a verdict on what others in this batch leave behind: a replay, or a rejection with `failure`. */
  readonly appended: number;
  readonly failure?: unknown;
  readonly state: unknown;
  readonly version: number;
  /** Where the aggregate's last event is in the batch. */
  readonly lastIndex: number;
}

/** One lane's part of a batch: commands decided one after another, each on what the one before left. */
export interface LaneDraft {
  readonly base: Base;
  state: unknown;
  version: number;
  /** Where its first and last event are in the batch. */
  readonly firstIndex: number;
  lastIndex: number;
  readonly key: DataKey | undefined;
  readonly steps: Step[];
}

/** `decided`: part of the batch; `full`: the next batch's; else the command is answered without an append. */
export type Decision = 'decided' | 'full' | { readonly failure?: unknown };

export interface DraftDeps {
  readonly codec: Codec;
  readonly keyring?: Keyring | undefined;
  readonly maxPayload: number;
}

/** The batch that gathers while the last one is on its way. */
export class Draft {
  readonly lanes = new Map<Lane, LaneDraft>();
  readonly messages: WireMessage[] = [];
  readonly #deps: DraftDeps;
  #bytes = 0;

  constructor(deps: DraftDeps) {
    this.#deps = deps;
  }

  /** Decides a command on the lane's state as the batch would leave it, and takes in what it appends. */
  decide(lane: Lane, pending: Pending): Decision {
    const known = this.lanes.get(lane);
    const base = known?.base ?? lane.base ?? lane.nothingYet;
    const { state, version } = known ?? base;
    const key = this.#lazyKey(lane, known, base);
    const decided = this.#events(lane, pending, state, version, () => key()?.key);
    if ('failure' in decided) return this.#verdict(known, pending, decided);
    if (decided.events.length === 0) return this.#verdict(known, pending, {});
    if (decided.events.length >= MAX_BATCH) {
      return this.#verdict(known, pending, {
        failure: new Error(`one command decided ${decided.events.length} events`),
      });
    }
    let wire: WireMessage[];
    let after: unknown = state;
    try {
      wire = this.#encode(
        lane,
        pending,
        decided.events,
        version,
        known === undefined ? base.lastSeq : undefined,
        key(),
      );
      for (const event of decided.events) after = lane.decider.evolve(after, event);
    } catch (failure) {
      return this.#verdict(known, pending, { failure });
    }
    if (!this.#fits(wire)) return 'full';
    const draft =
      known ?? this.#join(lane, base, this.messages.length + wire.length - decided.events.length, key()?.key);
    this.#take(draft, pending, decided.events.length, wire, after);
    return 'decided';
  }

  /** The data key of the lane's aggregate; drawn when it is first asked for, if the aggregate is new. */
  #lazyKey(
    lane: Lane,
    known: LaneDraft | undefined,
    base: Base,
  ): () => { key: DataKey; message?: WireMessage } | undefined {
    if (lane.sealedBy === undefined) return () => undefined;
    const existing = known?.key ?? (base.version > 0 ? lane.key : undefined);
    if (existing !== undefined) return () => ({ key: existing });
    const { workspace, owner } = lane.sealedBy;
    let drawn: { key: DataKey; message: WireMessage } | undefined;
    return () => {
      if (drawn === undefined) {
        const keyring = this.#deps.keyring;
        if (keyring === undefined) throw new Error('this service has no keyring');
        const { key, subject, payload } = keyring.create(workspace, owner);
        drawn = { key, message: { subject, headers: '', payload, expect: 0 } };
      }
      return drawn;
    };
  }

  #events(
    lane: Lane,
    { command }: Pending,
    state: unknown,
    version: number,
    key: () => DataKey | undefined,
  ): { events: DomainEvent[] } | { failure: unknown } {
    const mac = (value: string): string => {
      const found = key();
      if (found === undefined) throw new Error(`${lane.subject} has no data key to make a MAC with`);
      return found.mac(value);
    };
    const { expectVersion = version } = command;
    const stale = (): Problem => new Problem('stale', `It is at version ${version}, not ${expectVersion}`);
    try {
      const events = lane.decider.decide(command.command, state, { mac });
      // A repeat of what was done before changes nothing, so it is no conflict with what came after (RFC 9110, 13.1.1).
      if (events.length > 0 && expectVersion !== version) return { failure: stale() };
      return { events: events.map((event) => this.#deps.codec.check(event)) };
    } catch (failure) {
      // Who has not seen the newest version is told that first: the refusal may be of something they never asked for.
      return { failure: expectVersion === version ? failure : stale() };
    }
  }

  #verdict(known: LaneDraft | undefined, pending: Pending, { failure }: { failure?: unknown }): Decision {
    if (known === undefined) return failure === undefined ? {} : { failure };
    // Rests on events that are not stored yet: it is given when they are, or decided again.
    const { state, version, lastIndex } = known;
    known.steps.push({
      pending,
      appended: 0,
      state,
      version,
      lastIndex,
      ...(failure === undefined ? {} : { failure }),
    });
    pending.inBatch = true;
    return 'decided';
  }

  #encode(
    lane: Lane,
    pending: Pending,
    events: readonly DomainEvent[],
    version: number,
    expect: number | undefined,
    key: { key: DataKey; message?: WireMessage } | undefined,
  ): WireMessage[] {
    const { commandId, ...meta } = pending.command.meta;
    const trace = pending.traceparent === undefined ? {} : { traceparent: pending.traceparent };
    const wire = events.map((event, index): WireMessage => {
      const stamp = {
        ...meta,
        ...trace,
        id: `${commandId}.${index + 1}`,
        subject: lane.subject,
        version: version + index + 1,
      };
      const encoded = this.#deps.codec.encode(event, stamp, key?.key);
      const size = encoded.headers.length + encoded.payload.length + BATCH_HEADER_BYTES;
      if (size > this.#deps.maxPayload) {
        throw new Problem(
          'body_too_large',
          `A ${event.type} has ${size} bytes; the log takes ${this.#deps.maxPayload}`,
        );
      }
      return {
        subject: lane.subject,
        ...encoded,
        ...(index === 0 && expect !== undefined ? { expect } : {}),
      };
    });
    return key?.message === undefined ? wire : [key.message, ...wire];
  }

  #fits(wire: readonly WireMessage[]): boolean {
    if (this.messages.length === 0) return true;
    return this.messages.length + wire.length <= MAX_BATCH && this.#bytes + weight(wire) <= MAX_BYTES;
  }

  #join(lane: Lane, base: Base, firstIndex: number, key: DataKey | undefined): LaneDraft {
    const { state, version } = base;
    const draft: LaneDraft = { base, state, version, firstIndex, lastIndex: firstIndex, key, steps: [] };
    this.lanes.set(lane, draft);
    return draft;
  }

  #take(
    draft: LaneDraft,
    pending: Pending,
    appended: number,
    wire: readonly WireMessage[],
    state: unknown,
  ): void {
    this.messages.push(...wire);
    this.#bytes += weight(wire);
    draft.state = state;
    draft.version += appended;
    draft.lastIndex = this.messages.length - 1;
    draft.steps.push({ pending, appended, state, version: draft.version, lastIndex: draft.lastIndex });
    const { commandId } = pending.command.meta;
    pending.firstId = `${commandId}.1`;
    pending.lastId = `${commandId}.${appended}`;
    pending.inBatch = true;
  }
}

function weight(wire: readonly WireMessage[]): number {
  return wire.reduce(
    (sum, { headers, payload }) => sum + headers.length + payload.length + BATCH_HEADER_BYTES,
    0,
  );
}
