import type { FastifyReply } from 'fastify';
import type { Committed, Freshness } from '#contracts/rpc';

export const entityTag = (version: number): string => `"${version}"`;

/** What the answer to a command says in its headers. */
export function sayCommitted(reply: FastifyReply, committed: Committed, location?: string): void {
  reply.header('etag', entityTag(committed.version)).header('formbus-position', committed.position);
  // A change that changed nothing is a replay only to who asked for one.
  if (committed.replayed && reply.request.headers['idempotency-key'] !== undefined)
    reply.header('idempotency-replayed', 'true');
  if (location !== undefined) reply.header('location', location);
}

/** How fresh the read model was: its position, and its age in seconds when it is behind. */
export function sayFreshness(reply: FastifyReply, { position, ageSeconds, state }: Freshness): void {
  reply.header('formbus-position', position);
  if (state !== 'live')
    reply.header('formbus-age', ageSeconds.toFixed(1)).header('formbus-read-model', state);
}
