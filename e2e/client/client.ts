import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { z } from 'zod';
import type { FormDefinition } from '#contracts/form/definition';
import type { Form, PublishedVersion } from '#contracts/form/form.rpc';
import type { getHistory, listSubmissions, Receipt, Submission } from '#contracts/submission/submission.rpc';
import type { Task } from '#services/gateway/task/task.resource';
import { exchange, expectSuccess, type Call, type Exchange } from './exchange.ts';
import { mayRepeat, retrying } from './retry.ts';

export interface ClientOptions {
  /** Of the gateway, without a trailing slash. */
  readonly url: string;
  /** None is sent unless given. */
  readonly apiKey?: string;
  /** Kept open to the gateway, 32 unless given. More calls at a time wait for one. */
  readonly connections?: number;
  /** For how long a call that may be repeated is tried again; 0, which is to say not at all, unless given. */
  readonly retryForMs?: number;
  /** Until one attempt is given up, 30 s unless given. */
  readonly timeoutMs?: number;
  /** Ends all retries. */
  readonly signal?: AbortSignal;
}

/** A successful answer. */
export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Readonly<Record<string, string>>;
  /** Formbus-Position; empty where the answer has none. */
  readonly position: string;
  /** Whether the gateway knew the Idempotency-Key and changed nothing. */
  readonly replayed: boolean;
  readonly attempts: number;
  /** From the first attempt to the answer. */
  readonly ms: number;
}

export interface ListOptions {
  /** `<field>:<op>:<value>`; all must hold. */
  readonly filter?: readonly string[];
  readonly sort?: string;
  readonly limit?: number;
  readonly cursor?: string;
  readonly count?: boolean;
  readonly minPosition?: string;
}

/**
 * Formbus over HTTP. Every call rejects with `ProblemAnswer` for an error answer and with `NoAnswer` when none came.
 * Repeats what may be repeated, with the same Idempotency-Key, for as long as it was told to.
 */
export class FormbusClient {
  readonly #options: ClientOptions;
  readonly #pool: Pool;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#pool = new Pool(options.url, { connections: options.connections ?? 32, pipelining: 1 });
  }

  createForm(id: string, definition: FormDefinition, idempotencyKey?: string): Promise<Answer<Form>> {
    return this.call({ method: 'POST', path: '/v1/forms', body: { id, definition }, idempotencyKey });
  }

  editDraft(form: string, definition: FormDefinition, ifMatch: string): Promise<Answer<Form>> {
    return this.call({ method: 'PUT', path: `/v1/forms/${form}/draft`, body: { definition }, ifMatch });
  }

  publishForm(form: string, note: string, idempotencyKey?: string): Promise<Answer<Form>> {
    return this.call({ method: 'POST', path: `/v1/forms/${form}/versions`, body: { note }, idempotencyKey });
  }

  getForm(form: string): Promise<Answer<Form>> {
    return this.call({ method: 'GET', path: `/v1/forms/${form}` });
  }

  getVersion(form: string, number: number): Promise<Answer<PublishedVersion>> {
    return this.call({ method: 'GET', path: `/v1/forms/${form}/versions/${number}` });
  }

  retireVersion(form: string, number: number, reason: string): Promise<Answer<Form>> {
    return this.call({
      method: 'POST',
      path: `/v1/forms/${form}/versions/${number}/retire`,
      body: { reason },
    });
  }

  submit(
    form: string,
    answers: Readonly<Record<string, unknown>>,
    { idempotencyKey, version }: { idempotencyKey?: string; version?: number } = {},
  ): Promise<Answer<Receipt>> {
    return this.call({
      method: 'POST',
      path: `/v1/forms/${form}/submissions`,
      body: { answers, ...(version === undefined ? {} : { version }) },
      idempotencyKey,
    });
  }

  getSubmission(form: string, id: string, minPosition?: string): Promise<Answer<Submission>> {
    return this.call({ method: 'GET', path: `/v1/forms/${form}/submissions/${id}`, minPosition });
  }

  getHistory(form: string, id: string): Promise<Answer<z.infer<typeof getHistory.response>>> {
    return this.call({ method: 'GET', path: `/v1/forms/${form}/submissions/${id}/history` });
  }

  listSubmissions(
    form: string,
    { filter = [], sort, limit, cursor, count, minPosition }: ListOptions = {},
  ): Promise<Answer<z.infer<typeof listSubmissions.response>>> {
    const query = new URLSearchParams(filter.map((condition): [string, string] => ['filter', condition]));
    for (const [name, value] of Object.entries({ sort, limit, cursor, count })) {
      if (value !== undefined) query.set(name, String(value));
    }
    const path = `/v1/forms/${form}/submissions?${query.toString()}`;
    return this.call({ method: 'GET', path, minPosition });
  }

  getTask(task: string): Promise<Answer<Task>> {
    return this.call({ method: 'GET', path: `/v1/tasks/${task}` });
  }

  /** The task when it is over, however it ended: looks at it as often as Retry-After says. */
  async finished(task: string, signal?: AbortSignal): Promise<Answer<Task>> {
    for (;;) {
      const answer = await this.getTask(task);
      const seconds = answer.headers['retry-after'];
      if (seconds === undefined) return answer;
      await delay(Number(seconds) * 1000, undefined, { signal });
    }
  }

  /** Anything that has no method of its own. `T` is what the API description promises of the answer's body. */
  async call<T>(call: Call): Promise<Answer<T>> {
    const started = performance.now();
    const forMs = mayRepeat(call) ? (this.#options.retryForMs ?? 0) : 0;
    const attempt = async (): Promise<Exchange> => {
      const answered = await this.exchange(call);
      expectSuccess(answered);
      return answered;
    };
    const { value, attempts } = await retrying(attempt, { forMs, signal: this.#options.signal });
    return {
      ...value,
      body: value.body as T,
      position: value.headers['formbus-position'] ?? '',
      replayed: value.headers['idempotency-replayed'] === 'true',
      attempts,
      ms: performance.now() - started,
    };
  }

  /** One request and whatever is answered, errors too; never repeated. @throws NoAnswer */
  exchange(call: Call): Promise<Exchange> {
    return exchange(this.#pool, call, this.#options.apiKey, this.#options.timeoutMs ?? 30_000);
  }

  /** Waits for calls that are on their way. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
