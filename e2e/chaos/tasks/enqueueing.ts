import { setTimeout as delay } from 'node:timers/promises';
import { ERRORS, Problem } from '#contracts/errors';
import type { TaskQueue } from '#eventing/task/queue';
import { inLanes } from '../../client/lanes.ts';
import { idOf, KINDS, type Planned } from './kinds.ts';

const LANES = 200;
const PAUSE_MS = 50;

/** Asks for tasks until each is stored: one whose answer got lost is asked for again, by the same id. */
export class Enqueueing {
  stored = 0;
  readonly #queue: TaskQueue;
  readonly #signal: AbortSignal;

  constructor(queue: TaskQueue, signal: AbortSignal) {
    this.#queue = queue;
    this.#signal = signal;
  }

  /** @throws what is no passing failure; when the signal aborts */
  enqueue(tasks: readonly Planned[]): Promise<void> {
    return inLanes(tasks, LANES, async ({ tier, ...payload }) => {
      while (!(await this.#try(tier, payload))) await delay(PAUSE_MS, undefined, { signal: this.#signal });
      this.stored++;
    });
  }

  async #try(tier: Planned['tier'], payload: Omit<Planned, 'tier'>): Promise<boolean> {
    try {
      await this.#queue.enqueue(KINDS[tier], { id: idOf(payload.n), payload });
      return true;
    } catch (error) {
      if (error instanceof Problem && ERRORS[error.code].status >= 500) return false;
      throw error;
    }
  }
}
