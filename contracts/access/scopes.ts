import { z } from 'zod';

/** What an API key may do; every route of the gateway names the one that it needs. */
export const SCOPES = [
  'forms:read',
  'forms:write',
  'submissions:read',
  'submissions:write',
  'keys:read',
  'keys:write',
  'workspace:read',
  'webhooks:read',
  'webhooks:write',
  'mail:read',
  'mail:write',
  'tasks:read',
  'tasks:write',
  'operations:read',
  'operations:write',
] as const;

export const Scope = z.enum(SCOPES);
export type Scope = z.infer<typeof Scope>;
