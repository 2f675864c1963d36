import { randomUUID } from 'node:crypto';
import { isErrorCode, Problem, type ErrorItem } from '#contracts/errors';
import { pause } from '#eventing/pause';
import { UserError } from '../start/user-error.ts';
import { EXIT, exitCodeOfStatus, NotFound, Refused, Unreachable } from './exit-code.ts';
import type { GatewayPlace } from './places.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answered {
  readonly status: number;
  readonly text: string;
  /** Seconds until the same is worth asking again. */
  readonly retryAfter: string | null;
}

/** A page of a list. */
interface Page<Item> {
  readonly items: readonly Item[];
  /** The cursor of the next one; lists that are not paged have none. */
  readonly next?: string | null;
}

const TIMEOUT_MS = 30_000;
const PAGE = 200;
/** Of a request that can be repeated. */
const ATTEMPTS = 3;
const REPEAT_MS = 500;

/** The API of a gateway, with one key. Everything rejects with what {@link explain} can put into words. */
export class Gateway {
  readonly url: string;
  readonly #key: string;
  readonly #signal: AbortSignal;

  constructor({ url, key }: GatewayPlace & { readonly key: string }, signal: AbortSignal) {
    this.url = url;
    this.#key = key;
    this.#signal = signal;
  }

  get<Answer>(path: string, query?: Query): Promise<Answer> {
    return this.#call(path, { method: 'GET', ...(query && { query }) });
  }

  post<Answer>(path: string, body: unknown = {}): Promise<Answer> {
    return this.#call(path, { method: 'POST', body });
  }

  /**
   * Begins something once, by an Idempotency-Key of its own: repeated where the answer was lost, since what it has begun
   * nobody would know of.
   */
  async begin<Answer>(path: string, body: unknown = {}): Promise<Answer> {
    const headers = { 'idempotency-key': randomUUID() };
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#call(path, { method: 'POST', body, headers });
      } catch (error) {
        if (!(error instanceof Unreachable) || attempt === ATTEMPTS) throw error;
        if (!(await pause(REPEAT_MS, this.#signal))) throw error;
      }
    }
  }

  /** Changes what is there, whoever changed it last. */
  change<Answer>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
    return this.#call(path, { method, ...(body !== undefined && { body }), headers: { 'if-match': '*' } });
  }

  /** The items of a list, read page by page, `limit` of them at most; `more` when others follow. */
  async list<Item>(
    path: string,
    limit: number,
    query: Query = {},
  ): Promise<{ items: readonly Item[]; more: boolean }> {
    const items: Item[] = [];
    for (let cursor: string | undefined; ;) {
      const size = Math.min(limit - items.length, PAGE);
      const page = await this.get<Page<Item>>(path, { ...query, limit: size, cursor });
      items.push(...page.items);
      cursor = page.next ?? undefined;
      if (cursor === undefined || page.items.length === 0) return { items, more: false };
      if (items.length >= limit) return { items, more: true };
    }
  }

  async #call<Answer>(path: string, { method, query = {}, body, headers }: Call): Promise<Answer> {
    const address = new URL(`${this.url}${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    const { status, text, retryAfter } = await this.#answer(address, {
      method,
      headers: {
        ...headers,
        // A gateway closes a connection that was idle, also in the moment in which the next request is sent on it.
        connection: 'close',
        authorization: `Bearer ${this.#key}`,
        accept: 'application/json, application/problem+json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const parsed = parse(text);
    if (status >= 400) throw refusal(this.url, status, parsed, retryAfter);
    if (parsed === undefined && text !== '')
      throw new UserError(`${this.url} does not answer like a Formbus`);
    return parsed as Answer;
  }

  async #answer(address: URL, init: RequestInit): Promise<Answered> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      const response = await fetch(address, { ...init, redirect: 'error', signal });
      const retryAfter = response.headers.get('retry-after');
      return { status: response.status, text: await response.text(), retryAfter };
    } catch (error) {
      if (this.#signal.aborted) throw error;
      throw new Unreachable(
        `${this.url} does not answer (${reason(error)}): does it run, and is --url right?`,
        {
          cause: error,
        },
      );
    }
  }
}

function reason(error: unknown): string {
  const { cause, message, name } = error as Error;
  if (name === 'TimeoutError') return `not within ${TIMEOUT_MS / 1000} s`;
  if (!(cause instanceof Error)) return message;
  return (cause as NodeJS.ErrnoException).code ?? cause.message;
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

interface ProblemBody {
  readonly code?: unknown;
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly ErrorItem[];
  readonly requestId?: string;
}

/** The problem of an answer; one that this version does not know, or that is none, by its status. */
function refusal(url: string, status: number, body: unknown, retryAfter: string | null): Error {
  const { code, title, detail, errors, requestId } = (body ?? {}) as ProblemBody;
  if (isErrorCode(code)) {
    const named = status >= 500 && requestId !== undefined ? ` (request ${requestId})` : '';
    const later = retryAfter === null ? '' : ` (Retry-After: ${retryAfter} s)`;
    return new Problem(code, `${detail ?? title ?? code}${named}${later}`, { errors: errors ?? [] });
  }
  const text = `${url} answered ${status}${title === undefined ? '' : `: ${detail ?? title}`}`;
  switch (exitCodeOfStatus(status)) {
    case EXIT.notFound:
      return new NotFound(text);
    case EXIT.unreachable:
      return new Unreachable(text);
    case EXIT.refused:
      return new Refused(text);
    default:
      return new UserError(text);
  }
}
