import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { LRUCache } from 'lru-cache';
import { Problem } from '#contracts/errors';
import { families, subjects } from '#contracts/subjects';
import type { EventLog } from '#eventing/event-log';
import { compileForm } from '#logic/compile';
import type { CompiledForm } from '#logic/form';
import type { StoredFormEvent } from './form.outline.ts';
import { foldForm, type FormView } from './form.view.ts';

/** A form folded from the log, with its compiled versions and where the fold ends. */
export interface CatalogEntry extends FormView {
  /** The position and the sequence of the form's last event. */
  readonly position: string;
  readonly seq: number;
  /** @throws Problem `version_not_found` */
  compiled(number: number): CompiledForm;
}

const FORMS_KEPT = 1_000;
const RETRY_MS = 1_000;

/**
 * Forms as the submit path needs them: folded from the log on first use, kept in memory, dropped when the log says
 * that they changed. A version never changes, so a cached one is right for ever; that a version was published or
 * retired is known to `get` within milliseconds of the append, and at once in the process that appended it.
 */
export class FormCatalog {
  readonly #log: EventLog;
  readonly #logger: Logger;
  readonly #entries = new LRUCache<string, Promise<CatalogEntry>>({ max: FORMS_KEPT });
  /** The last event of a form that the log has told of: a replica that lags may give less. */
  readonly #told = new LRUCache<string, number>({ max: FORMS_KEPT });
  readonly #stopping = new AbortController();
  #following: Promise<void> | undefined;
  /** Whether the log is followed from before anything that is loaded now. */
  #keeping = false;

  constructor(log: EventLog, logger: Logger) {
    this.#log = log;
    this.#logger = logger;
  }

  /** Begins to watch the log for changes; until then every form is read anew. */
  async start(): Promise<void> {
    const after = await this.#log.lastSeq();
    this.#keeping = true;
    this.#following = this.#follow(after);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#following;
  }

  /** @throws Problem `form_not_found`, or what reading the log throws */
  async get(workspace: string, form: string): Promise<CatalogEntry> {
    const subject = subjects.form(workspace, form);
    const kept = this.#entries.get(subject);
    if (kept) return kept;
    const loading = this.#load(subject);
    if (this.#keeping) this.#keep(subject, loading);
    return loading;
  }

  /** The form as the log has it now: asks the log, where `get` may be milliseconds behind another process. */
  async current(workspace: string, form: string): Promise<CatalogEntry> {
    const subject = subjects.form(workspace, form);
    const [entry, tail] = await Promise.all([this.get(workspace, form), this.#log.tail(subject)]);
    if (entry.seq >= tail) return entry;
    this.#entries.delete(subject);
    return this.get(workspace, form);
  }

  /**
   * The form as it was after the event that a request with this idempotency key led to.
   *
   * @throws Problem `form_not_found` when no event has it, or what reading the log throws
   */
  async asAnswered(workspace: string, form: string, key: string): Promise<CatalogEntry> {
    const events = (await this.#log.read(subjects.form(workspace, form))) as StoredFormEvent[];
    const at = events.findIndex(({ data }) => 'idempotency' in data && data.idempotency?.key === key);
    return entryOf(events.slice(0, at + 1));
  }

  /** Reads the form anew on next use: called after an own append, ahead of the log's notice. */
  forget(workspace: string, form: string): void {
    this.#entries.delete(subjects.form(workspace, form));
  }

  /** A load that failed or came short of what the log has told is not kept: the next caller tries again. */
  #keep(subject: string, loading: Promise<CatalogEntry>): void {
    this.#entries.set(subject, loading);
    const drop = (): void => {
      if (this.#entries.peek(subject) === loading) this.#entries.delete(subject);
    };
    loading.then(({ seq }) => {
      if (seq < (this.#told.get(subject) ?? 0)) drop();
    }, drop);
  }

  async #load(subject: string): Promise<CatalogEntry> {
    return entryOf((await this.#log.read(subject)) as StoredFormEvent[]);
  }

  async #follow(after: number): Promise<void> {
    let from = after;
    while (!this.#stopping.signal.aborted) {
      try {
        const batches = this.#log.follow({
          filters: [families.form],
          after: from,
          signal: this.#stopping.signal,
        });
        for await (const batch of batches) {
          for (const { subject, seq } of batch.events) {
            this.#entries.delete(subject);
            this.#told.set(subject, seq);
          }
          from = Math.max(from, batch.lastSeq);
        }
      } catch (error) {
        // What could not be followed may have changed: nothing kept is trusted, and nothing is kept meanwhile.
        this.#keeping = false;
        this.#entries.clear();
        this.#logger.error(
          { err: error },
          'the form catalog cannot follow the log; it reads every form anew until it can',
        );
        from = await this.#beginAgain(from);
      }
    }
  }

  /** Where to follow from: the end of the log, so that an event that can't be read is not met again. */
  async #beginAgain(last: number): Promise<number> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await setTimeout(RETRY_MS, undefined, { signal }).catch(() => undefined); // ended by the stop
      try {
        const from = await this.#log.lastSeq();
        // What is loaded from here on is watched.
        this.#keeping = true;
        return from;
      } catch (error) {
        this.#logger.warn({ err: error }, 'the end of the log is not known; trying again');
      }
    }
    return last;
  }
}

function entryOf(events: readonly StoredFormEvent[]): CatalogEntry {
  const view = events.reduce<FormView | undefined>(foldForm, undefined);
  const last = events.at(-1);
  if (!view || !last) throw new Problem('form_not_found');
  return { ...view, position: last.position, seq: last.seq, compiled: compiler(view) };
}

/** Compiles each version once, when it is first used. */
function compiler(view: FormView): (number: number) => CompiledForm {
  const compiled = new Map<number, CompiledForm>();
  return (number) => {
    const known = compiled.get(number);
    if (known) return known;
    const definition = view.definitions.get(number);
    if (!definition) throw new Problem('version_not_found', `the form has no version ${number}`);
    const compilation = compileForm(definition);
    if (!compilation.ok) {
      const errors = compilation.errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
      throw new Problem('internal', `version ${number} no longer compiles: ${errors}`);
    }
    compiled.set(number, compilation.form);
    return compilation.form;
  };
}
