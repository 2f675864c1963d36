import type { Decision, Draft } from './draft.ts';
import type { Pending } from './execute.ts';
import type { Lane } from './lane.ts';

export interface ConvoyDeps {
  readonly newDraft: () => Draft;
  /** Takes a batch to the log, and its lanes wherever that leaves them. Never rejects. */
  readonly fly: (draft: Draft) => Promise<void>;
  /** Called with a lane that had to wait for room. */
  readonly advance: (lane: Lane) => void;
  /** Lanes in one batch at most; no limit by default. */
  readonly maxLanes?: number;
}

/** Lanes that share batches. One batch is on its way at a time; what comes meanwhile is the next one. */
export class Convoy {
  readonly #deps: ConvoyDeps;
  /** Lanes whose next command did not fit into the draft. */
  readonly #blocked = new Set<Lane>();
  #draft: Draft;
  #isFlying = false;
  #isScheduled = false;

  constructor(deps: ConvoyDeps) {
    this.#deps = deps;
    this.#draft = deps.newDraft();
  }

  /** Decides a command into the batch in the making. After `full`, the lane is told when there is room. */
  decide(lane: Lane, pending: Pending): Decision {
    const { maxLanes = Infinity } = this.#deps;
    const joins = this.#draft.lanes.has(lane) || this.#draft.lanes.size < maxLanes;
    const decision = joins ? this.#draft.decide(lane, pending) : 'full';
    if (decision === 'full') this.#blocked.add(lane);
    if (this.#draft.messages.length > 0) this.#schedule();
    return decision;
  }

  /** Whether the batch in the making has commands of a lane. */
  holds(lane: Lane): boolean {
    return this.#draft.lanes.has(lane);
  }

  /** After this turn of the event loop, so that commands that arrived together leave together. */
  #schedule(): void {
    if (this.#isScheduled || this.#isFlying) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#leave();
    });
  }

  #leave(): void {
    const draft = this.#draft;
    if (this.#isFlying || draft.messages.length === 0) return;
    this.#draft = this.#deps.newDraft();
    this.#isFlying = true;
    for (const lane of draft.lanes.keys()) lane.phase = 'flying';
    void this.#deps.fly(draft).finally(() => {
      this.#isFlying = false;
      this.#leave();
    });
    const blocked = [...this.#blocked];
    this.#blocked.clear();
    for (const lane of blocked) this.#deps.advance(lane);
  }
}
