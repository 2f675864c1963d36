import { LRUCache } from 'lru-cache';
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '#contracts/errors';
import type { DomainEvent } from '#contracts/event';
import { append } from './append.ts';
import { BusError } from './bus-error.ts';
import type { Bus } from './bus.ts';
import { keyPlace, type Codec } from './codec.ts';
import { Convoy } from './convoy.ts';
import { Draft, type LaneDraft } from './draft.ts';
import type { EventLog } from './event-log.ts';
import { Pending, type Execute, type Executed } from './execute.ts';
import type { Keyring } from './keyring.ts';
import { isInFlight, landed } from './jetstream-api.ts';
import { executedAt, Lane } from './lane.ts';
import { reload } from './reload.ts';
import { metrics } from './metrics.ts';

export type { Execute, Executed } from './execute.ts';

/** Where commands are decided and their events appended. */
export interface Executor {
  /**
   * Decides a command on its aggregate's newest state and appends what it decides, durably, or does nothing. When
   * somebody else is faster it decides again, until the deadline: then `contended`. Rejects with what `decide`
   * throws; `erased` when the aggregate's data key is gone; `bus_unavailable` when the log can't be reached (nothing
   * was stored); `outcome_unknown` when that can't be said before the deadline.
   */
  execute<Command, State, Event extends DomainEvent>(
    command: Execute<Command, State, Event>,
  ): Promise<Executed<State>>;
  /** Takes no more commands, and resolves when those at hand are answered. */
  drain(): Promise<void>;
}

export interface ExecutorDeps {
  readonly bus: Bus;
  readonly log: EventLog;
  readonly codec: Codec;
  /** Needed for aggregates that are sealed. */
  readonly keyring?: Keyring;
}

/** A broken connection is noticed before; commands have deadlines of their own. */
const FLIGHT_TIMEOUT_MS = 10_000;
const UNAVAILABLE_PAUSE_MS = 50;
/** Subjects of which it is remembered that they hold events; some 5 MB of names. */
const SUBJECTS_REMEMBERED = 20_000;

export function createExecutor(deps: ExecutorDeps): Executor {
  return new GroupCommit(deps);
}

/**
 * Group commit by lanes: a batch is what gathered while the last one was on its way, without a timer, and holds what
 * waits in every lane. See README.md for the rules.
 */
class GroupCommit implements Executor {
  readonly #deps: ExecutorDeps;
  readonly #lanes = new Map<string, Lane>();
  readonly #unanswered = new Set<Pending>();
  /**
   * Lanes that are taken to be new, unread. One that is not, a repeat, has its whole batch refused: so those that were
   * read go apart, or a few repeats a second would have the same innocents refused again and again.
   */
  readonly #assumed: Convoy;
  readonly #known: Convoy;
  readonly #alone: Convoy;
  /** What is assumed to be new though it was met before would be wrong for certain. */
  readonly #met = new LRUCache<string, true>({ max: SUBJECTS_REMEMBERED });
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(deps: ExecutorDeps) {
    this.#deps = deps;
    const convoy = (limits: { maxLanes?: number } = {}): Convoy =>
      new Convoy({
        newDraft: () => this.#newDraft(),
        fly: (draft) => this.#fly(draft),
        advance: (lane) => this.#advance(lane),
        ...limits,
      });
    this.#assumed = convoy();
    this.#known = convoy();
    this.#alone = convoy({ maxLanes: 1 });
  }

  execute<Command, State, Event extends DomainEvent>(
    command: Execute<Command, State, Event>,
  ): Promise<Executed<State>> {
    if (this.#drained !== undefined)
      return Promise.reject(new Problem('service_unavailable', 'The service is stopping', { retryAfter: 1 }));
    if (!this.#deps.bus.connected) return Promise.reject(new BusError('disconnected', command.subject));
    return new Promise((resolve, reject) => {
      const pending = new Pending(
        command,
        (executed) => {
          this.#answered(pending);
          resolve(executed as Executed<State>);
        },
        (error) => {
          this.#answered(pending);
          reject(error);
        },
      );
      this.#unanswered.add(pending);
      try {
        this.#enqueue(pending);
      } catch (error) {
        pending.reject(error);
      }
    });
  }

  drain(): Promise<void> {
    this.#drained ??= Promise.withResolvers();
    if (this.#unanswered.size === 0) this.#drained.resolve();
    return this.#drained.promise;
  }

  #answered(pending: Pending): void {
    this.#unanswered.delete(pending);
    if (this.#unanswered.size === 0) this.#drained?.resolve();
  }

  #newDraft(): Draft {
    const { codec, keyring, bus } = this.#deps;
    return new Draft({ codec, keyring, maxPayload: bus.maxPayload });
  }

  #enqueue(pending: Pending): void {
    const { subject, decider, sealedBy, fresh } = pending.command;
    const known = this.#lanes.get(subject);
    if (known !== undefined) {
      if (known.decider !== decider) throw new Error(`${subject} is decided by two deciders at once`);
      known.waiting.push(pending);
      return this.#advance(known);
    }
    if (sealedBy !== undefined) {
      const { workspace, owner } = keyPlace(subject);
      if (sealedBy.workspace !== workspace || sealedBy.owner !== owner)
        throw new Error(`${subject} is not sealed by its own data key`);
    }
    const lane = new Lane(pending.command);
    lane.waiting.push(pending);
    this.#lanes.set(subject, lane);
    const isOpen = sealedBy === undefined || this.#deps.keyring?.isOpen(sealedBy.workspace) === true;
    if (fresh === true && isOpen && !this.#met.has(subject)) this.#advance(lane);
    else this.#load(lane, { confirm: false });
  }

  #convoyOf(lane: Lane): Convoy {
    if (lane.alone) return this.#alone;
    return lane.base === undefined ? this.#assumed : this.#known;
  }

  /** Decides what waits in a lane, as far as its state is known and the batch has room. */
  #advance(lane: Lane): void {
    if (lane.phase !== 'ready') return;
    const convoy = this.#convoyOf(lane);
    for (let pending = lane.waiting[0]; pending !== undefined; pending = lane.waiting[0]) {
      if (!pending.settled) {
        const decision = convoy.decide(lane, pending);
        if (decision === 'full') return;
        if (decision !== 'decided') {
          const base = lane.base ?? lane.nothingYet;
          if (pending.arrived > base.asOf) return this.#load(lane, { confirm: true });
          if ('failure' in decision) pending.reject(decision.failure);
          else pending.resolve(executedAt(base, base.lastSeq, 0, this.#deps.log.epoch));
        }
      }
      lane.waiting.shift();
    }
    if (!convoy.holds(lane)) this.#release(lane);
  }

  #release(lane: Lane): void {
    if (this.#lanes.get(lane.subject) === lane) this.#lanes.delete(lane.subject);
    if (lane.base !== undefined && lane.base.version > 0) this.#met.set(lane.subject, true);
  }

  /** Never rejects. */
  async #fly(draft: Draft): Promise<void> {
    const sent = performance.now();
    const result = await append(this.#deps.bus, draft.messages, FLIGHT_TIMEOUT_MS);
    switch (result.outcome) {
      case 'stored':
        metrics.appendBatchMessages.observe(draft.messages.length);
        return this.#land(draft, result.last, sent);
      case 'conflict':
        metrics.appendConflicts.inc();
        return this.#goAgain(
          draft,
          (pending) => pending.beaten(isInFlight(result.cause)),
          landed(result.cause),
        );
      case 'unknown':
        metrics.appendAmbiguous.inc();
        this.#deps.bus.logger.warn(
          { err: result.cause, messages: draft.messages.length },
          'the answer to an append was lost',
        );
        return this.#goAgain(draft, (pending) => (pending.uncertain = true));
      case 'unavailable':
        await delay(UNAVAILABLE_PAUSE_MS);
        return this.#goAgain(draft);
      case 'refused':
        return this.#refuse(draft, result.cause);
      default:
        result satisfies never;
    }
  }

  #land(draft: Draft, last: number, sent: number): void {
    const { keyring, log } = this.#deps;
    const start = last - draft.messages.length + 1;
    for (const [lane, part] of draft.lanes) {
      const firstSeq = part.base.firstSeq || start + part.firstIndex;
      lane.base = {
        state: part.state,
        version: part.version,
        firstSeq,
        lastSeq: start + part.lastIndex,
        asOf: sent,
      };
      if (lane.sealedBy !== undefined && part.key !== undefined && lane.key === undefined) {
        lane.key = part.key;
        keyring?.remember(lane.sealedBy.workspace, lane.sealedBy.owner, part.key);
      }
      for (const { pending, appended, failure, state, version, lastIndex } of part.steps) {
        if (failure !== undefined) pending.reject(failure);
        else
          pending.resolve(
            executedAt({ ...lane.base, state, version }, start + lastIndex, appended, log.epoch),
          );
      }
      lane.phase = 'ready';
      this.#advance(lane);
    }
  }

  /** Nothing is known to be stored: every lane looks at the log, from then on, and decides again, in its old order. */
  #goAgain(draft: Draft, mark?: (pending: Pending) => void, from?: Promise<void>): void {
    for (const [lane, part] of draft.lanes) {
      this.#requeue(lane, part, mark);
      this.#load(lane, { confirm: true }, from);
    }
  }

  #requeue(lane: Lane, part: LaneDraft, mark?: (pending: Pending) => void): void {
    for (const { pending } of part.steps) {
      pending.inBatch = false;
      mark?.(pending);
    }
    lane.waiting.unshift(...part.steps.map(({ pending }) => pending));
  }

  /** One of the messages can't be stored. Each lane then goes by itself, so that only the guilty one fails. */
  #refuse(draft: Draft, cause: Error): void {
    this.#deps.bus.logger.error({ err: cause, lanes: draft.lanes.size }, 'an append was refused');
    if (draft.lanes.size > 1) {
      for (const lane of draft.lanes.keys()) lane.alone = true;
      return this.#goAgain(draft);
    }
    for (const [lane, part] of draft.lanes) {
      for (const { pending, appended } of part.steps) if (appended > 0) pending.reject(cause);
      this.#requeue(lane, part);
      this.#load(lane, { confirm: true });
    }
  }

  #load(lane: Lane, options: { confirm: boolean }, from = Promise.resolve()): void {
    lane.phase = 'loading';
    void from
      .then(() => reload(this.#deps, lane, options))
      .then(() => {
        lane.phase = 'ready';
        this.#advance(lane);
      });
  }
}
