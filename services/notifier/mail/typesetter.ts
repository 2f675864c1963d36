import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Problem } from '#contracts/errors';
import { TemplateFaults, type TemplateFault } from './template-fault.ts';

export interface TemplatePart {
  readonly source: string;
  /** Escaped for HTML. */
  readonly html: boolean;
}

export interface TypesetRequest {
  readonly parts: readonly TemplatePart[];
  /** Every part is rendered once with each. */
  readonly variables: readonly object[];
  /** Whether names are looked for among the first variables, in branches not taken too. */
  readonly names: boolean;
}

/** What became of one part: a text for each of the variables, or what is wrong with it. */
export type Typeset = { readonly made: readonly string[] } | { readonly faults: readonly TemplateFault[] };

const LIMITS = {
  /** From when the thread begins: all parts, with all variables. */
  killAfterMs: 2_000,
  startMs: 30_000,
  /** Requests that wait for their turn. */
  waiting: 32,
} as const;

const THREAD = {
  maxOldGenerationSizeMb: 64,
  maxYoungGenerationSizeMb: 8,
} as const;

/**
 * Parses and renders templates in one thread of its own, beside the loop that everything else is on. The thread is
 * started when it is first needed, killed when a template takes too much time or memory, and started again by the next.
 */
export class Typesetter {
  #thread: Promise<Worker> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /**
   * One result for each part.
   *
   * @throws TemplateFaults when the thread had to be killed; Problem `overloaded`
   */
  async typeset(request: TypesetRequest): Promise<readonly Typeset[]> {
    if (this.#waiting >= LIMITS.waiting)
      throw new Problem('overloaded', 'Too many templates wait to be rendered', { retryAfter: 2 });
    this.#waiting++;
    const done = this.#turn.then(() => this.#ask(request)).finally(() => this.#waiting--);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** What is being rendered fails. */
  async close(): Promise<void> {
    const thread = await this.#thread?.catch(() => undefined);
    this.#thread = undefined;
    await thread?.terminate();
  }

  async #ask(request: TypesetRequest): Promise<readonly Typeset[]> {
    const thread = await (this.#thread ??= this.#start());
    thread.ref();
    try {
      const signal = AbortSignal.timeout(LIMITS.killAfterMs);
      const answered = once(thread, 'message', { signal });
      thread.postMessage(request);
      const [typeset] = (await answered) as [readonly Typeset[]];
      thread.unref();
      return typeset;
    } catch (error) {
      this.#thread = undefined;
      await thread.terminate();
      throw new TemplateFaults([faultOf(error as NodeJS.ErrnoException)]);
    }
  }

  async #start(): Promise<Worker> {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const thread = new Worker(new URL(`./liquid-thread.${extension}`, import.meta.url), {
      execArgv: [], // not the tracing that the process itself was started with
      env: {}, // nor its secrets
      resourceLimits: THREAD,
    });
    try {
      await once(thread, 'message', { signal: AbortSignal.timeout(LIMITS.startMs) });
    } catch (error) {
      this.#thread = undefined;
      await thread.terminate();
      throw error;
    }
    // Who waits for an answer hears of it; an error that nobody listened to would end the process.
    thread.on('error', () => undefined);
    thread.unref();
    return thread;
  }
}

/** Which of the parts it was is not known: the thread that could tell is gone. */
function faultOf({ name, code, message }: NodeJS.ErrnoException): TemplateFault {
  const place = { code: 'failed', line: 1, column: 1 } as const;
  if (name === 'AbortError') return { ...place, message: `takes longer than ${LIMITS.killAfterMs} ms` };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return { ...place, message: 'takes too much memory' };
  return { ...place, message };
}
