import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { Scope } from './scopes.ts';

export const keyCreatedV1 = defineEvent({
  name: 'formbus.access.keyCreated',
  version: 1,
  family: 'access',
  summary: 'An API key can be used from here on. The key itself is nowhere, only its SHA-256.',
  data: z.object({
    key: z.string().regex(/^[A-Za-z0-9]{8}$/),
    name: z.string().min(1).max(200),
    /** SHA-256 of the whole key, hexadecimal. The key has 256 random bits, so the hash can't be guessed back. */
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    scopes: z.array(Scope).min(1),
    expiresAt: z.iso.datetime().nullable(),
  }),
});

export const keyScopesChangedV1 = defineEvent({
  name: 'formbus.access.keyScopesChanged',
  version: 1,
  family: 'access',
  summary: 'The API key may do this from here on, and nothing else.',
  data: z.object({ key: z.string(), scopes: z.array(Scope).min(1) }),
});

export const keyRevokedV1 = defineEvent({
  name: 'formbus.access.keyRevoked',
  version: 1,
  family: 'access',
  summary: 'The API key is refused from here on.',
  data: z.object({ key: z.string(), reason: z.string().max(1000) }),
});
