import type { Logger } from 'pino';

/** How a process ended, for whatever supervises it. */
export const EXIT = {
  /** Drained as it was told. */
  drained: 0,
  /** Crashed, could not start, could not drain in time, or stopped being alive. A restart may help. */
  failed: 1,
  /** The configuration is wrong; a restart does not help (sysexits.h, EX_CONFIG). */
  configuration: 78,
} as const;

/**
 * The end of a process: the steps that were added, last one first, each awaited, and then `process.exit`. A step
 * that fails is logged and the next one is taken all the same. When the deadline passes, the process exits with
 * what is left undone; whoever sends a second signal waits no longer than that.
 */
export class Shutdown {
  readonly #aborted = new AbortController();
  readonly #steps: { readonly name: string; readonly run: () => Promise<void> }[] = [];
  #logger: Logger;
  #deadlineMs = 9_000;
  #begun = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Aborted as soon as the end has begun; bounds every wait of a start that is still under way. */
  get signal(): AbortSignal {
    return this.#aborted.signal;
  }

  configure(logger: Logger, deadlineMs: number): void {
    this.#logger = logger;
    this.#deadlineMs = deadlineMs;
  }

  add(name: string, run: () => Promise<void>): void {
    this.#steps.push({ name, run });
  }

  /** The first call decides; later ones are ignored. */
  begin(reason: string, exitCode: number = EXIT.drained): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#logger.info({ reason }, 'draining');
    this.#aborted.abort(new Error(`shutting down: ${reason}`));
    setTimeout(() => {
      this.#logger.error({ deadlineMs: this.#deadlineMs }, 'could not drain in time');
      process.exit(EXIT.failed);
    }, this.#deadlineMs);
    void this.#end(exitCode);
  }

  async #end(exitCode: number): Promise<void> {
    let code = exitCode;
    for (const { name, run } of this.#steps.reverse()) {
      try {
        await run();
      } catch (err) {
        this.#logger.error({ err, step: name }, 'a step of the drain failed');
        if (code === EXIT.drained) code = EXIT.failed;
      }
    }
    this.#logger.info({ exitCode: code }, 'stopped');
    process.exit(code);
  }

  /** An error that nobody expected leaves nothing that could be trusted: one line in the log, and exit. */
  crashOnUnhandled(): void {
    process.on('uncaughtException', (err, origin) => {
      this.#logger.fatal({ err, origin }, 'crashed');
      process.exit(EXIT.failed);
    });
  }
}
