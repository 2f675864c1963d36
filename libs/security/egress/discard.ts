import type { Dispatcher } from 'undici';

/** Bytes of a body that are read off to keep its connection. */
const MOST = 64 * 1024;

/**
 * Takes a body that nobody wants off its connection, so that the next request finds it open: what is small and comes
 * within `ms` is read and forgotten. Else the connection is ended with it. Nobody waits for either, but the connection
 * is in use until then.
 */
export function discard(body: Dispatcher.ResponseData['body'], ms: number): void {
  const late = setTimeout(() => body.destroy(), ms);
  // It resolves when the body is closed, for whatever reason.
  void body.dump({ limit: MOST }).finally(() => clearTimeout(late));
}
