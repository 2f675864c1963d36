import { EgressFailed, EgressRefused } from '#security/egress/errors';
import type { AttemptError } from '#contracts/delivery/delivery.records';
import { retryAfterMs } from './schedule.ts';

/** What an attempt means for its delivery and for its endpoint. */
export type Verdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly error: AttemptError;
      /** The endpoint wants nothing any more. */
      readonly gone: boolean;
      /** It asked for fewer requests: nothing for so long, then few. */
      readonly throttleMs: number | undefined;
      /** This delivery is to wait for so long. */
      readonly retryAfterMs: number | undefined;
    };

const GONE = 410;
/** Too many requests; a proxy whose server is overloaded. */
const THROTTLING: ReadonlySet<number> = new Set([429, 502, 504]);
const THROTTLE_MS = 5_000;

/** Only 2xx is a success: a redirect is not followed, and what it leads to was never registered. */
export function judgeStatus(status: number, retryAfter: string | undefined, now: number): Verdict {
  if (status >= 200 && status < 300) return { ok: true };
  const wait = retryAfterMs(retryAfter, now);
  const throttles = THROTTLING.has(status) || (status === 503 && wait !== undefined);
  return {
    ok: false,
    error: { code: 'status', detail: `it answered ${status}${explain(status)}` },
    gone: status === GONE,
    throttleMs: throttles ? (wait ?? THROTTLE_MS) : undefined,
    retryAfterMs: wait,
  };
}

function explain(status: number): string {
  if (status >= 300 && status < 400) return '; redirects are not followed: change the URL of the webhook';
  if (status === GONE) return '; the webhook is disabled';
  return '';
}

/** Of a request that had no answer. Passes on what is neither the target's fault nor the network's. */
export function judgeError(error: unknown): Verdict {
  const failed = (code: string): Verdict => ({
    ok: false,
    error: { code, detail: (error as Error).message.slice(0, 500) },
    gone: false,
    throttleMs: undefined,
    retryAfterMs: undefined,
  });
  if (error instanceof EgressRefused) return failed('refused_target');
  if (error instanceof EgressFailed) return failed(error.code.toLowerCase());
  throw error;
}
