/**
 * Tasks that live and fail together: the first that fails ends the others, and the scope is done when all have
 * ended, so that none is left behind.
 */
export class Scope {
  readonly #own = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  /** Aborted from outside or by the first failure. */
  readonly signal: AbortSignal;

  constructor(parent: AbortSignal) {
    this.signal = AbortSignal.any([parent, this.#own.signal]);
  }

  run(task: (signal: AbortSignal) => Promise<void>): void {
    const running = task(this.signal)
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#own.abort();
      })
      .finally(() => this.#tasks.delete(running));
    this.#tasks.add(running);
  }

  /** Resolves when every task has ended, those included that were started meanwhile. @throws the first failure */
  async done(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
