import mongoose from 'mongoose';
import { Problem } from '#contracts/errors';

/** Seconds after which a read that met no database is worth repeating. */
export const RETRY_AFTER = 2;

/** Server code: a unique index, that of `_id` included, holds the value already. */
export const DUPLICATE_KEY = 11000;

const MAX_TIME_EXPIRED = 50;

/**
 * Server codes that say "not now" rather than "not this": shutting down, stepping down, not yet a primary, a
 * write concern that was not met in time, a disk that is full, credentials not (yet) known.
 * https://www.mongodb.com/docs/manual/reference/error-codes/
 */
const PASSING = new Set([
  6, 7, 11, 13, 18, 64, 74, 89, 91, 100, 112, 133, 189, 262, 317, 358, 384, 9001, 10107, 11600, 11601, 11602,
  13435, 13436, 14031,
]);

/** Driver errors without a server's answer: no connection, a lost one, none selected or free in time. */
const LOST_CONNECTION = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongooseServerSelectionError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoServerClosedError',
  'MongoPoolClosedError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoWaitQueueTimeoutError',
  'WaitQueueTimeoutError',
  'MongoOperationTimeoutError',
  'MongoStalePrimaryError',
  'MongoExpiredSessionError',
]);

/** Whether the database may answer the same request later, with nothing changed but its state. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof Problem) return error.code === 'read_model_unavailable';
  if (!(error instanceof Error)) return false;
  if (LOST_CONNECTION.has(error.name)) return true;
  // A socket that breaks in the middle of a write: the driver passes Node's own error on (EPIPE, ECONNRESET).
  if ('syscall' in error) return true;
  if (error instanceof mongoose.mongo.MongoBulkWriteError && hasWriteConcernError(error)) return true;
  if (error instanceof mongoose.mongo.MongoWriteConcernError) return true;
  return error instanceof mongoose.mongo.MongoServerError && PASSING.has(Number(error.code));
}

/** The same error as the callers of a read model know it. */
export function asProblem(error: unknown): unknown {
  if (error instanceof Problem) return error;
  if (isUnavailable(error))
    return new Problem('read_model_unavailable', undefined, { retryAfter: RETRY_AFTER, cause: error });
  if (error instanceof mongoose.mongo.MongoServerError && error.code === MAX_TIME_EXPIRED) {
    return new Problem('overloaded', 'the query took too long', { retryAfter: RETRY_AFTER, cause: error });
  }
  return error;
}

/** The documents are written but not known to be durable: to be written again. */
function hasWriteConcernError(error: mongoose.mongo.MongoBulkWriteError): boolean {
  return error.result.getWriteConcernError() !== undefined;
}
