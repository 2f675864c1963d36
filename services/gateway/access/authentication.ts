import type { FastifyInstance } from 'fastify';
import { Problem } from '#contracts/errors';
import { apiKeyId, matchesHash } from '#security/api-key';
import type { AuthenticatedRequest, Principal } from '../http/principal.ts';
import type { AccessDirectory } from './access.directory.ts';
import type { KeyRecord } from './access.fold.ts';

const BEARER = /^Bearer +(\S+)$/i;

/**
 * Finds out who asks, before anything of a body is read: nobody without a key shall have a megabyte of JSON parsed,
 * or learn what a route makes of it. What is not under `/v1/` gets no principal, and so passes no guard.
 */
export function authenticateFirst(fastify: FastifyInstance, directory: AccessDirectory): void {
  fastify.addHook('onRequest', async (request: AuthenticatedRequest) => {
    if (request.routeOptions.url?.startsWith('/v1/') !== true) return;
    request.principal = await authenticate(directory, request.headers.authorization);
  });
}

/** @throws Problem `unauthenticated`, or `service_unavailable` while the keys are still being read */
async function authenticate(
  directory: AccessDirectory,
  authorization: string | undefined,
): Promise<Principal> {
  const key = BEARER.exec(authorization ?? '')?.[1];
  const id = key === undefined ? undefined : apiKeyId(key);
  if (key === undefined || id === undefined) throw new Problem('unauthenticated');
  if (!directory.complete) {
    throw new Problem('service_unavailable', 'the gateway is still reading its keys', { retryAfter: 1 });
  }
  const record = directory.key(id) ?? (await findAgain(directory, id));
  if (!record || !matchesHash(key, record.hash)) throw new Problem('unauthenticated');
  if (record.revokedAt !== null) throw new Problem('unauthenticated', 'the key was revoked');
  if (record.expiresAt !== null && Date.parse(record.expiresAt) <= Date.now()) {
    throw new Problem('unauthenticated', 'the key has expired');
  }
  return { workspace: record.workspace, key: record.id, scopes: record.scopes, expiresAt: record.expiresAt };
}

/** It may have been created by another process a moment ago. */
async function findAgain(directory: AccessDirectory, id: string): Promise<KeyRecord | undefined> {
  await directory.refresh();
  return directory.key(id);
}
