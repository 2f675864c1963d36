import type { Logger } from 'pino';
import type { Health } from './readiness.ts';

const INTERVAL_MS = 5_000;
const FAILURES = 3;

/** Calls `die` when the liveness checks have failed three times in a row, 5 s apart. The timer keeps nothing alive. */
export function watchLiveness(
  liveness: Health,
  logger: Logger,
  die: () => void,
  intervalMs = INTERVAL_MS,
): () => void {
  let failures = 0;
  const timer = setInterval(() => {
    void liveness.report().then(({ status, checks }) => {
      failures = status === 'failed' ? failures + 1 : 0;
      if (failures > 0) logger.error({ checks, failures }, 'liveness failed');
      if (failures === FAILURES) die();
    });
  }, intervalMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
