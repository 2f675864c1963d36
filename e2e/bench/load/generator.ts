import { startChild, type Child } from '../child.ts';
import type { ClosedLoad, LoadResult, OpenLoad, Target } from './load.ts';
import type { LoadOrder } from './generator.process.ts';

/** Sends requests from a process of its own. One load at a time. */
export class LoadGenerator {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  static async start(): Promise<LoadGenerator> {
    return new LoadGenerator(await startChild(import.meta.dirname, 'generator.process'));
  }

  get pid(): number {
    return this.#child.pid;
  }

  run(target: Target, load: ClosedLoad | OpenLoad): Promise<LoadResult> {
    return this.#child.ask({ target, load } satisfies LoadOrder);
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}
