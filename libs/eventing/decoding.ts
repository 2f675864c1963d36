import type { Codec } from './codec.ts';
import type { RawMessage } from './direct-get.ts';
import type { StoredEvent } from './stored-event.ts';

/**
 * Starts to decode a message among others. A failure is a rejected promise that counts as handled, since of several
 * failures only the first one is looked at.
 */
export function startDecoding(codec: Codec, message: RawMessage): StoredEvent | Promise<StoredEvent> {
  try {
    const decoded = codec.decode(message);
    return decoded instanceof Promise ? handled(decoded) : decoded;
  } catch (error) {
    return handled(Promise.reject<StoredEvent>(asError(error)));
  }
}

function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error('not an error', { cause: thrown });
