import type { FastifyReply } from 'fastify';
import type { Committed, Freshness } from '#contracts/rpc';

export const entityTag = (version: number): string => `"${version}"`;

/** What the answer to a command says in its headers. */
export function sayCommitted(reply: FastifyReply, committed: Committed, location?: string): void {
  reply.header('etag', entityTag(committed.version)).header('formbus-position', committed.position);
  sayReplayed(reply, committed.replayed);
  if (location !== undefined) reply.header('location', location);
}

/** Says of a repeat that it was one, to who could know. */
export function sayReplayed(reply: FastifyReply, replayed: boolean): void {
  // A change that changed nothing is a replay only to who asked for one.
  if (replayed && reply.request.headers['idempotency-key'] !== undefined)
    reply.header('idempotency-replayed', 'true');
}

/** No cache on the way may keep the answer. */
export function keepSecret(reply: FastifyReply): void {
  reply.header('cache-control', 'no-store');
}

/** How fresh the read model was: its position, and its age in seconds when it is behind. */
export function sayFreshness(reply: FastifyReply, freshness: Freshness): void {
  reply.header('formbus-position', freshness.position);
  sayAge(reply, freshness);
}

/** The same of what is folded from records: their positions are not those of the log, and mean nothing to callers. */
export function sayAge(reply: FastifyReply, { ageSeconds, state }: Freshness): void {
  if (state !== 'live')
    reply.header('formbus-age', ageSeconds.toFixed(1)).header('formbus-read-model', state);
}
